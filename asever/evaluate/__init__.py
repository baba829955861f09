"""The solver-free reading: one packet at a time."""
