"""Optimizer, schedule, loss and penalty, built from a config."""
