"""The search, coarse and fine."""
