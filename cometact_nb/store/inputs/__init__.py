"""Files of this machine as inputs: made fit without personal metadata, and published."""
