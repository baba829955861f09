"""Text to tree and back: the parser, its messages, and the formatter."""
