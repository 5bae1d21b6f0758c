"""Readers, splits and preprocessing."""
