"""Findings and diagnostics, rendered."""
