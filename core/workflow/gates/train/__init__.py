"""The long run."""
