"""What of one version of a program is still true of the next: the same findings, with the next version's places."""
