"""Every code and every fact once: what `asever help` says, what the documentation pages and the SARIF rules are made from."""
