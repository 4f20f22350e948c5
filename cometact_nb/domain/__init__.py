"""What a request and a task are: pure values and functions, no I/O, no clock, no Jupyter."""
