"""Tables of the search benchmark, plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

OURS = {"fp32": "nnbabysit", "bf16": "nnbabysit, bf16", "bf16+": "nnbabysit, bf16, ten again in fp32"}


def speed(row: dict[str, Any], peak: dict[str, Any]) -> str:
    """One case: sides, then ratios."""
    head = ("side", "trials", "s/trial", "fastest-slowest", "process", "peak MiB", "GFLOP/s", "of peak")
    lines = [_line("{:<18}{:>7}{:>10}{:>19}{:>10}{:>10}{:>9}{:>9}", head)]
    for side, values in row["sides"].items():
        rate = values.get("flops_per_second")
        cells = (
            OURS.get(side, side),
            values["trials"],
            f"{values['seconds_per_trial']:.4f}",
            _span(values["spread"], 4),
            f"{values['process_seconds_per_trial']:.4f}",
            f"{_mebibytes(values['largest_process_bytes'])}",
            f"{rate / 1e9:.1f}" if rate else "",
            f"{rate / peak[side]:.0%}" if rate else "",
        )
        lines.append(_line("{:<18}{:>7}{:>10}{:>19}{:>10}{:>10}{:>9}{:>9}", cells))
    lines += [_ratio(ratio) for ratio in row["ratios"]]
    ours = row["sides"]["fp32"]
    facts = row["facts"]
    goal = f", goal {row['share_goal']:.0%}" if row["share_goal"] else ""
    return "\n".join(
        [
            f"{row['text']}: {facts['train']} + {facts['validation']} samples, {row['epochs']} epochs",
            *lines,
            f"placement: {ours['placement']}; trials that did not complete: {ours['incomplete']}",
            f"machine: {peak['fp32'] / 1e9:.1f} GFLOP/s in fp32, {peak['bf16'] / 1e9:.1f} in bf16, "
            f"{peak['threads']} threads{goal}",
            "compared: s/trial, without imports and loading; process: with them; peak: the largest process",
        ]
    )


def _ratio(ratio: dict[str, Any]) -> str:
    verdict = ""
    if ratio["goal"]:
        verdict = f"goal {ratio['goal']:g} ×: {'reached' if ratio['ratio'] >= ratio['goal'] else 'missed'}"
    name = f"{OURS[ratio['ours']]} against {ratio['rival']}"
    return f"{name:<54}{ratio['ratio']:>7.2f} ×{_span(ratio['spread'], 2):>16}   {verdict}".rstrip()


def growth(rows: Sequence[dict[str, Any]]) -> str:
    """Time and memory with the number of trials."""
    form = "{:<18}{:>8}{:>12}{:>16}{:>18}"
    lines = [
        "growth, digits, 5 epochs",
        _line(form, ("side", "trials", "s/trial", "all, peak MiB", "largest process")),
    ]
    for row in rows:
        family = _mebibytes(row["family"]) if row["family"] else "unknown"
        cells = (OURS.get(row["side"], row["side"]), row["trials"], f"{row['seconds']:.4f}", family)
        lines.append(_line(form, (*cells, _mebibytes(row["largest"]))))
    return "\n".join(
        [
            *lines,
            "all: every process of a side together, shared pages counted once, looked at 10 times a second",
        ]
    )


def storage(row: dict[str, Any]) -> str:
    """What the study costs."""
    shares = ", ".join(f"{share:.1%}" for share in row["shares"])
    return (
        f"storing, digits: {row['storing']:.3f} s of {row['seconds']:.3f} s for {row['trials']} trials in "
        f"{row['groups']} groups; share {row['share']:.1%} (runs: {shares}), goal at most {row['goal']:.0%}"
    )


def halving(rows: Sequence[dict[str, Any]]) -> str:
    """Time to the same accuracy."""
    form = "{:<16}{:>10}{:>18}{:>12}{:>14}{:>10}"
    lines = [
        "halving: seconds to the lower one of both bests",
        _line(form, ("case", "accuracy", "bests", "nnbabysit", "hyperband", "ratio")),
    ]
    for row in rows:
        for one in row["rounds"]:
            bests = " / ".join(f"{best:.4f}" for best in one["best"])
            cells = (
                row["case"],
                f"{one['target']:.4f}",
                bests,
                f"{one['ours']:.2f}",
                f"{one['hyperband']:.2f}",
            )
            lines.append(_line(form, (*cells, f"{one['ratio']:.2f} ×")))
        verdict = "reached" if row["ratio"] >= row["goal"] else "missed"
        lines.append(f"{row['case']}: median {row['ratio']:.2f} ×, goal {row['goal']:g} ×: {verdict}")
    return "\n".join(lines)


def _line(form: str, cells: Sequence[object]) -> str:
    return form.format(*cells).rstrip()


def _span(ends: Sequence[float], digits: int) -> str:
    return f"{ends[0]:.{digits}f}-{ends[1]:.{digits}f}"


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:.0f}"
