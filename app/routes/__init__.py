"""What answers a request: one file for each path."""
