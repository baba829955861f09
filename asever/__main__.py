"""`python -m asever`: the command line."""

from __future__ import annotations

from asever.cli import command

if __name__ == "__main__":
    command()
