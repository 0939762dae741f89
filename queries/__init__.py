"""What we ask: readers of captures and metrics, the questions in SQL, and their engine."""
