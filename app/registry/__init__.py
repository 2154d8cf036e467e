"""Which models there are, which of their versions are loaded, and which of them answers whom."""
