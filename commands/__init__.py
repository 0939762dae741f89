"""What can be asked of Understudy from a terminal or a pipeline, a command each."""
