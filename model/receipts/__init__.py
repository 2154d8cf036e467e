"""Where a number of the network comes from: every product it is the sum of, and how exact the sum is."""
