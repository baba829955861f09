"""From trees to a program: imports, names, packs, and what Azure would refuse."""
