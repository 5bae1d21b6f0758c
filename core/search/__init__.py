"""Spaces, draws, trials and the study."""
