"""What we ask of the sources; nothing here changes them."""
