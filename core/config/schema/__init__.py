"""The settings of a config, section by section."""
