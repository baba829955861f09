"""The language server: what the commands know of a program, while it is edited and before it is saved."""
