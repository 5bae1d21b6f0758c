"""A first config, proposed for data and a network."""
