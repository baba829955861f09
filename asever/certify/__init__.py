"""Certificates: what must be shown for a check to hold, proofs of it, and their examination."""
