"""How much the checks of a program notice: what they rest on, and which seeded faults they catch."""
