"""Numbers as a client wants them."""
