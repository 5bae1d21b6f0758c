"""Bundled example configs."""
