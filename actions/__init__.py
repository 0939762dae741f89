"""What may be changed in AWS: each action asked for by a person, checked, and written down."""
