"""Writes settings as YAML that our loader, and every other, reads back as they were."""

from __future__ import annotations

from typing import Any

import yaml

from nnbabysit.core.config.files.yaml_loader import RESOLVERS
from nnbabysit.core.config.invisible import first_invisible


class _Dumper(yaml.SafeDumper):
    """Quotes each text that our loader or a YAML 1.1 loader would read as another type; writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value out each time."""
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Quote what cannot be seen, and what PyYAML leaves bare though it comes back as a space."""
    style = '"' if "\x85" in text or first_invisible(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
for _tag, _pattern, _first in RESOLVERS:
    _Dumper.add_implicit_resolver(_tag, _pattern, list(_first))


def dump(settings: dict[str, Any]) -> str:
    """Settings as YAML text; what holds single values alone is written on one line."""
    text: str = yaml.dump(
        settings, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110
    )
    return text


class _InlineDumper(_Dumper):
    """Writes a text of several lines with escapes, so that it stays on one."""


def _represent_inline(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    return _represent_text(dumper, text)


_InlineDumper.add_representer(str, _represent_inline)


def dump_inline(value: Any) -> str:
    """One value as YAML text on one line, as it stands behind ``key: ``."""
    text: str = yaml.dump(
        value,
        Dumper=_InlineDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True,
        width=10**9,
    )
    return text.removesuffix("...\n").rstrip("\n")
