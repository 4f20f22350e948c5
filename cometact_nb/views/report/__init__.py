"""A sweep's report as a folder."""
