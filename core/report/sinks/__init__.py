"""Listeners that pass a run on to other programs."""
