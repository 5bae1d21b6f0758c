"""Rules that turn evidence into findings."""
