"""The ranges that are searched."""
