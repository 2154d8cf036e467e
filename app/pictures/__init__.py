"""Pictures of numbers, every one with its scale."""
