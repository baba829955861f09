"""The template functions that need nothing but their arguments; a module a group, as Azure's reference groups them.

Each module has `FUNCTIONS`, which are never called with a symbol: their result is then one, named after the call. `AWARE`
functions take symbols too, and tell what can be told about them. Names are in lower case: Azure's have no case.
"""
