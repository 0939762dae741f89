"""What is looked at before acting: each check is a sentence, with what to do where it is not ok."""
