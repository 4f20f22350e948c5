"""The paid service as this package sees it: its words, its timing, its wire."""
