"""What only draws: the samples and the clips of the stand-in."""
