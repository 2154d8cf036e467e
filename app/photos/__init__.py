"""From a request's body to the network's input, and where that is kept for a while."""
