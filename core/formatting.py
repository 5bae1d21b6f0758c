"""Formatting: numbers, times, values and a user's text, the same on the screen, in logs and on pages.

One format for each kind of number:

- losses: four significant digits, ``0.3450``
- accuracies and other scores in 0…1: four decimals, ``0.9479``
- learning rates, penalties, update ratios and whatever else is searched: three significant digits, ``0.0268``
- counts: in full, ``89,610``
- everything else: four significant digits, ``0.345``

Below 1e-3 and from 1e6 on, all but counts have an exponent: ``2.68e-04``. The lines of a trial and of the
tiny set are printed as the notes of CS231n print them, see ``core/report/event_lines.py``.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence

UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # marks and overrides of the direction
    "\u2028\u2029\ud800-\udfff"  # other line breaks; halves of characters, and bytes that are not UTF-8
)
"""What may act in a terminal or a browser, or break a line, as the inside of a set of a pattern."""
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: window titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device control strings
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colors, cursor
    r"|\x1b[ -/]*[0-~]"
)
_UNSAFE = re.compile(f"[{UNSAFE}]")
_BREAKS = re.compile(r"\s*[\n\t\u2028\u2029]\s*")
_LONGEST_VALUE = 300
_SMALLEST, _LARGEST = 1e-3, 1e6
_RATES = re.compile(r"(^|[_. ])(lrs?|l1|l2|ratios?|weight_decay|strength|search_(best|low|high|wider))$")


# --- a user's text


def clean(text: str) -> str:
    r"""Text for a terminal, without escape sequences and unsafe characters; tab and newline stay.

    Bytes of a file name that are not UTF-8 become visible, such as ``caf\xe9``.
    """
    return _UNSAFE.sub(lambda match: _byte(match[0]), _ESCAPES.sub("", text))


def _byte(character: str) -> str:
    code = ord(character)
    if not 0xD800 <= code <= 0xDFFF:
        return ""
    return f"\\x{code & 0xFF:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def clean_line(text: str) -> str:
    """Clean text on one line."""
    return clean(_BREAKS.sub(" ", _ESCAPES.sub("", text))).strip()


def visible(text: str) -> str:
    r"""Text with unsafe characters as escapes, such as ``\u001b``: nothing is lost, and JSON stays JSON."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


# --- numbers


def number_text(value: float, digits: int = 4) -> str:
    """A number with significant digits, without zeros at its end; counts in full."""
    if isinstance(value, int) or not math.isfinite(value):
        return f"{value:,}"
    rounded = abs(float(f"{value:.{digits - 1}e}"))
    if rounded and not _SMALLEST <= rounded < _LARGEST:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{exponent}"
    return f"{value:,.0f}" if rounded >= 10**digits else f"{value:,.{digits}g}"


def optional_text(value: float | None, form: Callable[[float], str]) -> str:
    """A number in a format; nothing for None."""
    return "" if value is None else form(value)


def loss_text(value: float) -> str:
    """A loss or a cost: ``2.303``, ``0.3450``, ``2.617e-04``."""
    if _SMALLEST <= abs(float(f"{value:.3e}")) < 1e4:
        return f"{value:#,.4g}".rstrip(".")
    return number_text(float(value))


def score_text(value: float) -> str:
    """An accuracy, or another score in 0…1: ``0.9479``."""
    return f"{value:.4f}"


def rate_text(value: float) -> str:
    """A learning rate, a penalty, an update ratio: ``0.1``, ``0.0268``, ``2.68e-04``."""
    return number_text(value, 3)


def drawn_text(value: object) -> str:
    """A value that a search drew: a fraction as a rate, everything else as it is typed."""
    return rate_text(value) if isinstance(value, float) else value_text(value)


def range_text(low: float, high: float) -> str:
    """Both ends of a range: ``1e-04 … 1``."""
    return f"{rate_text(low)} … {rate_text(high)}"


def measured_text(name: str, value: object) -> str:
    """A number that was measured, or several, in the format of its kind, which its name tells."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _format_of(name)(value)
    return value_text(value, lambda item: measured_text(name, item))


def _format_of(name: str) -> Callable[[float], str]:
    if name.endswith("accuracy"):
        return lambda value: number_text(value) if isinstance(value, int) else score_text(value)
    if name.endswith(("loss", "cost")):
        return loss_text
    return rate_text if _RATES.search(name) else number_text


def duration(seconds: float | None) -> str:
    """``40ms``, ``7.1s``, ``40s``, ``4m05s``, ``2h03m``; a question mark when it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "?"
    whole = max(0, round(seconds))
    if 0 < seconds < 0.9995:
        return f"{round(seconds * 1000)}ms"
    if 0 < seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


# --- values and words


def value_text(value: object, item_text: Callable[[object], str] | None = None) -> str:
    """A value of a config or of a JSON document on one line, as it is typed; a long one is cut.

    Args:
        value: Anything.
        item_text: Shows what is in a list or a mapping; default: as it is typed.
    """
    text = _value_text(value, item_text or value_text)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _value_text(value: object, item_text: Callable[[object], str]) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number_text(value, 6).replace(",", "")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {item_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(item_text(item) for item in value) + "]"
    return str(value)


def plural(count: int, noun: str) -> str:
    """``1 seed``, ``3 seeds``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def enumeration(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def is_numeric_column(cells: Iterable[str]) -> bool:
    """Whether every filled cell is a number, so that the column is set to the right."""
    filled = [cell.replace(",", "").rstrip("%s×* ") for cell in cells if cell.strip(" -–—")]
    try:
        return bool([float(cell) for cell in filled])
    except ValueError:
        return False


class Sentence(string.Formatter):
    """Fills sentences: a float with the format ``g`` or ``.4g`` is shown as ``number_text`` shows it."""

    def format_field(self, value: object, format_spec: str) -> str:
        """One number or word of the sentence."""
        digits = re.fullmatch(r"(?:\.(\d+))?g", format_spec)
        if digits and isinstance(value, float):
            return number_text(value, int(digits[1] or 3))
        return str(super().format_field(value, format_spec))
