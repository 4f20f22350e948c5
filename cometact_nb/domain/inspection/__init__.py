"""What may be wrong with an input, judged from facts. Pure."""
