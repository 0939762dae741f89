"""What is written in Athena: the tables of a test, and its hours."""
