"""What may be done to a deployment: each plan made of what runs now, and of nothing else."""
