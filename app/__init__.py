"""The service: says over HTTP whether there is a cat in a photo, and what each layer of the network made of it."""

__version__ = "0.1.0"
