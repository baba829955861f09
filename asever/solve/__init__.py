"""The symbolic reading: all packets at once."""
