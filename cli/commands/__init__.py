"""The commands, one module per family; importing this package hangs them on the application."""

from nnbabysit.cli.commands import config, gates

__all__ = ["config", "gates"]
