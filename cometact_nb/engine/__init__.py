"""Submit, watch, fetch and record: one thread, one loop."""
