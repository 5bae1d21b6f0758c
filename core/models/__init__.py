"""Networks and their initialization."""
