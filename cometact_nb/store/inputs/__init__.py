"""Makes inputs of files on this machine: upright, short and small enough, without personal metadata."""
