"""Field docs: the docstring under each field of a section, read from its source file when it is asked for.

pydantic's ``use_attribute_docstrings`` reads the same while the class is made, and slows every start of every
command; here only the JSON Schema and the reference pay for it.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys

from nnbabysit.core.config.schema.section import Section


def field_docs(section: type[Section]) -> dict[str, str]:
    """Field → description on one line, of every field that a docstring stands under; inherited ones too."""
    found: dict[str, str] = {}
    for parent in reversed(section.__mro__):
        if issubclass(parent, Section) and parent is not Section:
            found |= _module_docs(parent.__module__).get(parent.__name__, {})
    return {name: found[name] for name in section.model_fields if name in found}


@functools.cache
def _module_docs(module: str) -> dict[str, dict[str, str]]:
    """Class → field → docstring, of one module."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: _class_docs(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _class_docs(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            docs[field.target.id] = " ".join(below.value.value.split()).replace("``", "`")
    return docs
