"""Finds the smallest edits of a specification that make a check met, and proves them on the whole edited program."""
