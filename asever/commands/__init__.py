"""One module for each command of `asever`; each imports what it needs when it runs, so that help and `fmt` stay quick."""
