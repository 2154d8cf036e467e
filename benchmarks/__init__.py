"""Measurements of speed: every figure a ratio of two things timed side by side in one run."""
