"""How trials are drawn."""
