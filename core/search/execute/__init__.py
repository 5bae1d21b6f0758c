"""How trials are grouped, placed and run."""
