"""The commands, one module per family; importing this package hangs them on the application."""

from nnbabysit.cli.commands import (
    config,
    evaluate,
    export,
    gates,
    init,
    predict,
    pretrain,
    report,
    resume,
    runs,
)

__all__ = ["config", "evaluate", "export", "gates", "init", "predict", "pretrain", "report", "resume", "runs"]
