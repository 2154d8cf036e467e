"""Offline: from folders of photos to an evaluated artifact. Runs on any Keras backend, save export and evaluation."""
