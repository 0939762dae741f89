"""How the questions are asked of Athena: its tables, its sessions, its answers."""
