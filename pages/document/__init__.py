"""The report as one file: the same parts as the pages, written as HTML instead of drawn."""
