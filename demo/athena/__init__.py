"""Athena on this machine: its protocol and Glue's in front, an engine of one's choice behind."""
