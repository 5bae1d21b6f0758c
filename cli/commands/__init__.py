"""The commands, one module per family; importing this package hangs them on the application."""

from nnbabysit.cli.commands import (
    config,
    evaluate,
    explain,
    export,
    gates,
    init,
    predict,
    pretrain,
    report,
    resume,
    rules,
    runs,
)

__all__ = [
    "config",
    "evaluate",
    "explain",
    "export",
    "gates",
    "init",
    "predict",
    "pretrain",
    "report",
    "resume",
    "rules",
    "runs",
]
