"""Kinds of values that several sections share."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field

Share = Annotated[float, Field(gt=0, lt=1)]
Probability = Annotated[float, Field(ge=0, le=1)]


def one_of(*known: str) -> AfterValidator:
    """Accepts a built-in name or an import path; where the path leads is seen when it is loaded."""

    def check(name: str) -> str:
        if name in known or ":" in name:
            return name
        near = get_close_matches(name, known, n=1)
        if near:
            raise ValueError(f"there is no {name!r}, did you mean {near[0]}?")
        names = ", ".join(known)
        raise ValueError(
            f"there is no {name!r}; choose one of {names}, or an import path package.module:name"
        )

    return AfterValidator(check)
