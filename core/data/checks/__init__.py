"""What the data check measures."""
