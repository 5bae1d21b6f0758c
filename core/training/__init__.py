"""The loop, its parts and its probes."""
