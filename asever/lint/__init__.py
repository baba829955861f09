"""Findings about a network that need no check: what decides nothing, what can never match, what nobody uses. Each is proved."""
