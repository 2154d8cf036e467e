"""Which part of a photo decided: a file for each method, and the record of how far each can be trusted."""
