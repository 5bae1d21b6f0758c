"""The steps: each takes a config and a run, and returns a result."""
