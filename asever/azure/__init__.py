"""The facts of Azure: from what is declared to the tables in force."""
