"""A small account on disk, so that every page works with no AWS: captures, metrics, trials."""
