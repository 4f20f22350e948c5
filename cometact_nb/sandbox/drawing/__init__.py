"""Draws the samples and the clips of the sandbox."""
