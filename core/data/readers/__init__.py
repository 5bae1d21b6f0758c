"""One file per format: its name, how it is detected, how it is read."""
