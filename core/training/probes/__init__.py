"""What is measured of a network, before and during training."""
