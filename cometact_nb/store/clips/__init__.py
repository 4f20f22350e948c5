"""Clips and their sidecars on disk or at a store."""
