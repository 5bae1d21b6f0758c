"""The commands, one file each: importing this package finds them, and each hangs itself on the application.

A file whose name begins with that of another, such as ``runs_edit.py`` beside ``runs.py``, holds a part of
that command's work and is imported when it is needed.
"""

import pkgutil
from importlib import import_module

_names = {module.name for module in pkgutil.iter_modules(__path__)}
for _name in sorted(_names):
    if not any(_name.startswith(f"{other}_") for other in _names):
        import_module(f"{__name__}.{_name}")
