"""A sweep: plan, live view, record."""
