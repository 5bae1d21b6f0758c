"""Cells: what the texts in a column of a table are, numbers, dates or words, and which of them is odd."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Kind = Literal["number", "boolean", "text", "date", "empty", "other", "mixed"]
"""What a column holds. ``mixed``: ``MOSTLY`` of its cells are numbers or written like numbers, not all."""
_PANDAS = """#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>
N/A|NA|NULL|NaN|None|n/a|nan|null"""
MISSING = frozenset(["", "?", *re.split("[|\n]", _PANDAS)])
"""Cells of a csv file that hold no value: those of pandas (``read_csv``, ``na_values``), and ``?``, which the
archives of the UCI use."""
MOSTLY = 0.9
"""Fraction of a column from which on it is a column of numbers, or of dates, whatever other cells hold."""
_NUMBER = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?", re.ASCII | re.IGNORECASE
)
_LOOKED_AT = 10_000
"""Different texts that are compared with the forms of dates, at most."""

_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:\d{4}|'?\d{2})"
_NAME = (  # of a month, in English, German and Dutch, French, Italian, Spanish and Portuguese
    r"(?:(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mär|okt|dez|mrt|janv|févr?|avr|juil|déc|gen|mag|giu"
    r"|lug|ago|set|ott|dic|ene|abr|fev|out)\.?|january|february|march|april|may|june|july|august|september"
    r"|october|november|december|januari?|jänner|februari?|märz|maart|mai|mei|juni|juli|augustus|oktober"
    r"|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|gennaio"
    r"|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|dicembre|enero|febrero|abril|mayo"
    r"|junio|julio|septiembre|octubre|noviembre|diciembre|janeiro|fevereiro|março|maio|junho|julho|setembro"
    r"|outubro|novembro|dezembro)"
)
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,? )?"
_DATES = (
    rf"\d{{4}}[-/.]{_MONTH}(?:[-/.]{_DAY})?",
    rf"(?:{_DAY}[-/. ]{_MONTH}|{_MONTH}[-/. ]{_DAY})[-/. ]{_YEAR}\.?",
    rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|\.)?[- /.]?(?:de |of )?{_NAME}(?: de)?,?[- /.]{_YEAR}",
    rf"{_WEEKDAY}{_NAME}[- ]{_DAY}(?:st|nd|rd|th)?,?[- ]{_YEAR}",
    rf"{_NAME}[- ](?:\d{{4}}|'\d{{2}})|{_NAME}-\d{{2}}",
    r"\d{4}年\d{1,2}月(?:\d{1,2}日)?",
    r"\d{4}\. ?\d{1,2}\. ?\d{1,2}\.",
    r"\d{4}-?(?:W\d{2}|Q[1-4])(?:-\d)?",
    r"\d{8}T\d{4}(?:\d{2})?Z?",
)
_DATE = re.compile(rf"(?:{'|'.join(_DATES)})(?:[T ,]+{_TIME})?|{_TIME}", re.IGNORECASE)

_GROUPED = re.compile(r"[-+]?\d{1,3},\d{3}", re.ASCII)
_BETWEEN = r"[,.' \u00a0\u2009\u202f\u2019]"
_MONEY = r"(?:[$€£¥₹]|USD|EUR|CHF|GBP)"
_LIKE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("comma", re.compile(r"[-+]?\d*,\d+", re.ASCII)),
    (
        "separators",
        re.compile(rf"[-+]?\d{{1,3}}({_BETWEEN})\d{{3}}(?:\1\d{{3}})*(?:(?!\1)[.,]\d+)?", re.ASCII),
    ),
    ("separators", re.compile(r"[-+]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?", re.ASCII)),  # lakhs, as in India
    ("quotes", re.compile(r"['\"‘’“”]+ ?[-+]?\d+(?:[.,]\d+)? ?['\"‘’“”]*", re.ASCII)),
    ("percent", re.compile(r"[-+−]?\d+(?:[.,]\d+)? ?%")),
    ("minus", re.compile(r"[−–‐‑]\d+(?:[.,]\d+)?(?:[eE][-+−]?\d+)?", re.ASCII)),
    ("sign", re.compile(rf"[-+]?{_MONEY} ?[-+]?\d[\d.,']*|[-+]?\d[\d.,']* ?{_MONEY}|\(\d[\d.,]*\)")),
    ("digits", re.compile(r"[-+]?\d+(?:[.,٫]\d+)?")),  # of other scripts: \d without ASCII
)


def is_number(text: str) -> bool:
    """Whether a text is a decimal number as Python, pandas and a csv file write it."""
    return _NUMBER.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether a text has the form of a date or a time of day, of any nation."""
    return _DATE.fullmatch(text) is not None


def like_number(text: str) -> str | None:
    """In which way a text that is no number is written like one; None: it is not.

    One of ``comma``, ``separators``, ``quotes``, ``percent``, ``minus``, ``sign`` (of money, or brackets) and
    ``digits`` (of another script).
    """
    return next((name for name, form in _LIKE if form.fullmatch(text)), None)


def kind_of(counts: Mapping[str, int]) -> Kind:
    """What a column is, by its different texts and how often each is there, missing ones left out."""
    filled = sum(counts.values())
    if not filled:
        return "empty"
    numbers = sum(n for text, n in counts.items() if is_number(text))
    if numbers == filled:
        return "number"
    if {text.lower() for text in counts} <= {"true", "false"}:
        return "boolean"
    if _is_of_dates(counts):
        return "date"
    likes = sum(n for text, n in counts.items() if not is_number(text) and like_number(text))
    return "mixed" if numbers + likes >= MOSTLY * filled else "text"


def oddity(name: str, text: str, column: Mapping[str, int]) -> tuple[str, str]:
    """What is wrong with the first cell of a mixed column that is no number, and how to write it.

    The second text is empty where the cell is not written like a number.

    Args:
        name: Of the column.
        text: The cell.
        column: As for ``kind_of``.
    """
    numbers = sum(n for other, n in column.items() if is_number(other))
    if text == name:
        return f"column {name!r} holds {text!r}: the line repeats the header", "Delete the line"
    how = like_number(text)
    others = f", the other {numbers} are numbers" if numbers else ""
    holds = f"column {name!r} holds {text!r}"
    if how in ("comma", "separators"):
        return f"column {name!r} has {_separated(text)}", _written(text, column)
    said = {
        "quotes": (f"{holds}, a number in quotes", 'Write it without them; csv knows " alone'),
        "percent": (
            f"{holds}, a percentage{others}",
            "Write every cell of the column as a plain number, all in percent or all as shares of 1",
        ),
        "minus": (f"{holds}: its minus is the character U+{ord(text[0]):04X}", "Write it with the plain -"),
        "sign": (
            f"{holds}, a number with a sign{others}",
            "Write such numbers with digits and a point alone",
        ),
        "digits": (f"{holds}, a number in other digits than 0 to 9", "Write it with 0 to 9"),
    }
    if how in said:
        return said[how]
    return f"{holds}{others}", ""


def _separated(text: str) -> str:
    return f"numbers with {'a comma' if ',' in text else 'separators'}, such as {text}"


def _written(text: str, column: Mapping[str, int]) -> str:
    """How a number with a comma or separators is to be written, as far as the column tells what they mean."""
    if like_number(text) == "separators":
        return f"Write them without separators, such as {_plain(text)}"
    whole, point = text.replace(",", ""), text.replace(",", ".")
    commas = [other for other in column if like_number(other) == "comma"]
    if not all(map(_GROUPED.fullmatch, commas)):
        return f"Write them with a point, such as {point}"
    if any("." in other for other in column if is_number(other) or like_number(other) == "separators"):
        return f"Write them without commas, such as {whole}"
    return (
        f"Write them as {whole} if the comma separates thousands, as {point} if it is the decimal mark: "
        "the column does not tell which"
    )


def _plain(text: str) -> str:
    """A number without its separators; what stands there once, behind others, is the decimal mark."""
    marks = [c for c in text if not c.isdigit() and c not in "+-"]
    last = marks[-1]
    decimal = last in ".," and marks.count(last) == 1 and len(marks) > 1
    digits = "".join(c for c in text if c.isdigit() or c in "+-" or (decimal and c == last))
    return digits.replace(",", ".")


def _is_of_dates(counts: Mapping[str, int]) -> bool:
    looked = [(text, n) for text, n in counts.items() if not is_number(text)][:_LOOKED_AT]
    dates = sum(n for text, n in looked if is_date(text))
    if len(looked) < _LOOKED_AT:
        return dates >= MOSTLY * sum(counts.values())
    return dates >= MOSTLY * sum(n for _, n in looked)
