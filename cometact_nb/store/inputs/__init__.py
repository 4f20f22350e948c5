"""Files of this machine as inputs: made upright, short and small enough, without personal metadata; published."""
