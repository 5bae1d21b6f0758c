"""Samples that a trained network has not seen, read as its training data was."""
