"""Speed of ``nnbabysit search`` against Optuna over hand-written PyTorch loops, on the same trials.

Run by hand, alone on the machine, from anywhere: ``python tests/benchmarks/search.py [--all] [--json FILE]``.

Both sides train the same networks on the same numbers: momentum 0.9, learning rate × 0.9 after every epoch,
one evaluation after every epoch, both ranges log-uniform, five epochs, of the convolutional network one
(``cases.py``). Ours is the real command in a process of its own, with the study stored. **Compared** is our
``metrics.seconds``, which has everything behind the loading of the data (placement, study, events), against
the trials of the rivals (``rivals.py``): neither has imports and loading. The time of the whole process
stands beside it. With bf16 the ten best trials are trained again in fp32, however many trials there are: once
this is left out, and once it is counted in (``bf16+``).

The sides alternate, and a ratio is that of neighbors; medians and extremes over the rounds. The rate is that
of the products of linear and convolutional layers, forward and both gradients, and forward for evaluation,
against the best product of two square matrices in the same run. Sections: the comparison when none is named,
or ``--growth`` (memory and time with the number of trials), ``--storage`` (what the study costs),
``--halving`` (time to the same accuracy against Optuna's Hyperband), or ``--all``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import tables
from tests.benchmarks.cases import CASES, Case, Facts, Work
from tests.benchmarks.sides import Measured, facts_of, module, ours, rival

RIVALS = ("typical", "lean", "lean2")
STORING_GOAL, HALVING_GOAL = 0.05, 5.0
RACES = {"digits": 200, "fashion-mnist": 60}
"""Case → trials of each side in a race with halving."""


class Benchmark:
    """What was asked for, and where files go."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        """Prepare nothing yet."""
        self._arguments = arguments
        self._folder = folder
        self._quick: bool = arguments.quick
        self._rounds: int = 1 if arguments.quick else arguments.rounds
        self._facts: dict[str, Facts] = {}

    def speed(self, case: Case) -> dict[str, Any]:
        """Seconds per trial of both sides, a row for each side and one for each ratio."""
        facts = self._facts_of(case)
        epochs = 1 if self._quick else case.epochs
        trials = self._trials(self._arguments.trials or case.trials, 8)
        work = Work(trials=trials, epochs=epochs)
        rounds = [self._round(case, work, number) for number in range(self._rounds)]
        sides = {
            side: summary([one for pairs in rounds for pair in pairs for one in pair if one.side == side])
            for side in dict.fromkeys(one.side for pairs in rounds for pair in pairs for one in pair)
        }
        flops = facts.flops(epochs)
        for side in ("fp32", "bf16"):
            if side in sides:
                sides[side]["flops_per_second"] = flops / sides[side]["seconds_per_trial"]
        return {
            "case": case.name,
            "text": case.text,
            "epochs": epochs,
            "facts": asdict(facts),
            "flops_per_trial": flops,
            "sides": sides,
            "ratios": ratios(case, [pair for pairs in rounds for pair in pairs]),
            "share_goal": case.share,
            "runs": [asdict(one) for pairs in rounds for pair in pairs for one in pair],
        }

    def _round(self, case: Case, work: Work, number: int) -> list[tuple[Measured, Measured]]:
        """Ours and a rival, for each rival; bf16 stands beside the typical one, too."""
        seeded = Work(**{**asdict(work), "seed": number})
        theirs = Work(**{**asdict(seeded), "trials": min(work.trials, self._trials(case.rival_trials, 1))})
        pairs = []
        for kind in RIVALS:
            pairs.append((self._ours(case, seeded), self._rival(kind, case, theirs)))
            if ("bf16", kind) in case.goals:
                bf16 = self._ours(case, Work(**{**asdict(seeded), "bf16": True}))
                pairs.append((bf16, pairs[-1][1]))
        return pairs

    def growth(self) -> list[dict[str, Any]]:
        """Time and memory with the number of trials, on digits, against ``lean``."""
        case, rows = CASES[0], []
        self._facts_of(case)
        for trials in (10, 20) if self._quick else (10, 100, 1000):
            work = Work(trials=trials, epochs=case.epochs)
            rows.append(asdict(self._ours(case, work, watch=True)))
            rows.append(asdict(self._rival("lean", case, work, watch=True)))
        return rows

    def storage(self) -> dict[str, Any]:
        """Fraction of a search on digits that goes into the study."""
        case = CASES[0]
        config = Work(trials=20 if self._quick else 1000, epochs=case.epochs).write(case, self._folder)
        found = [
            module("storing", str(config), str(self._folder / "runs")).document for _ in range(self._rounds)
        ]
        shares = [float(row["share"]) for row in found]
        return {**found[-1], "share": statistics.median(shares), "shares": shares, "goal": STORING_GOAL}

    def halving(self, case: Case) -> dict[str, Any]:
        """Seconds until the lower one of both sides' best accuracies is reached by either."""
        self._facts_of(case)
        trials = 27 if self._quick else RACES[case.name]
        rows, found = [], []
        for seed in range(self._rounds):
            work = Work(trials=trials, epochs=case.halved_epochs, seed=seed, halving=True)
            mine, theirs = self._ours(case, work), self._rival("hyperband", case, work)
            target = min(mine.best, theirs.best)
            seconds = [reached(one, target) for one in (mine, theirs)]
            found.append(seconds[1] / seconds[0])
            rows.append(
                {
                    "target": target,
                    "best": [mine.best, theirs.best],
                    "ours": seconds[0],
                    "hyperband": seconds[1],
                    "whole": [one.seconds * one.trials for one in (mine, theirs)],
                    "ratio": found[-1],
                }
            )
        ratio = statistics.median(found)
        return {"case": case.name, "trials": trials, "ratio": ratio, "goal": HALVING_GOAL, "rounds": rows}

    def _facts_of(self, case: Case) -> Facts:
        if case.name not in self._facts:
            say(f"{case.name}: loading the data for the rivals")
            self._facts[case.name] = facts_of(case, self._folder_of(case))
        return self._facts[case.name]

    def _folder_of(self, case: Case) -> Path:
        folder = self._folder / case.name
        folder.mkdir(exist_ok=True)
        return folder

    def _ours(self, case: Case, work: Work, *, watch: bool = False) -> Measured:
        return said(case, ours(case, work, self._folder_of(case), watch=watch))

    def _rival(self, kind: str, case: Case, work: Work, *, watch: bool = False) -> Measured:
        return said(case, rival(kind, case, work, self._folder_of(case), watch=watch))

    def _trials(self, usual: int, quick: int) -> int:
        return min(usual, quick) if self._quick else usual


def summary(runs: Sequence[Measured]) -> dict[str, Any]:
    """Medians and extremes of the runs of one side."""
    seconds = [one.seconds - one.again for one in runs]
    return {
        "trials": runs[0].trials,
        "runs": len(runs),
        "seconds_per_trial": statistics.median(seconds),
        "spread": [min(seconds), max(seconds)],
        "seconds_with_second_look": statistics.median(one.seconds for one in runs),
        "process_seconds_per_trial": statistics.median(one.process for one in runs),
        "largest_process_bytes": max(one.largest for one in runs),
        "incomplete": max(one.incomplete for one in runs),
        "placement": runs[-1].placement,
        "best": max(one.best for one in runs),
    }


def ratios(case: Case, pairs: Sequence[tuple[Measured, Measured]]) -> list[dict[str, Any]]:
    """How many times faster than each rival, neighbor by neighbor."""
    found: dict[tuple[str, str], list[float]] = {}
    for mine, theirs in pairs:
        found.setdefault((mine.side, theirs.side), []).append(theirs.seconds / (mine.seconds - mine.again))
        if mine.again:
            found.setdefault((f"{mine.side}+", theirs.side), []).append(theirs.seconds / mine.seconds)
    return [
        {
            "ours": mine,
            "rival": theirs,
            "ratio": statistics.median(values),
            "spread": [min(values), max(values)],
            "goal": case.goals.get((mine, theirs)),
        }
        for (mine, theirs), values in found.items()
    ]


def reached(side: Measured, target: float) -> float:
    """Seconds until an accuracy was reached."""
    return next(seconds for seconds, value in side.rises if value >= target - 1e-9)


def said(case: Case, one: Measured) -> Measured:
    """Tell how far the benchmark has come."""
    where = f", {one.placement}" if one.placement else ""
    say(f"{case.name}: {one.side} {one.seconds:.4f} s a trial, {one.trials} trials{where}")
    return one


def say(text: str) -> None:
    """Progress goes to stderr, so that stdout holds the tables alone."""
    sys.stderr.write(text + "\n")


def peaks(before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Rate of the machine's own products; measured before and after, the better one counts."""
    now = module("peak").document
    return now if before is None else {key: max(now[key], before[key]) for key in now}


def missed(document: dict[str, Any]) -> bool:
    """Whether any goal was missed."""
    rows = [row for case in document.get("speed", []) for row in case["ratios"]]
    rows += document.get("halving", [])
    slow = any(row["goal"] and row["ratio"] < row["goal"] for row in rows)
    shares = [(case.get("share"), case["share_goal"]) for case in document.get("speed", [])]
    idle = any(goal and share < goal for share, goal in shares)
    return slow or idle or ("storage" in document and document["storage"]["share"] > STORING_GOAL)


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The sections that were asked for; each table is printed as soon as it is there."""
    benchmark = Benchmark(arguments, folder)
    wanted = [name for name in ("growth", "storage", "halving") if arguments.all or getattr(arguments, name)]
    cases = [case for case in CASES if not arguments.only or case.name == arguments.only]
    document: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "quick": arguments.quick,
    }
    if arguments.all or not wanted:
        before = peaks()
        document["speed"] = [benchmark.speed(case) for case in cases]
        document["peak"] = peaks(before)
        for row in document["speed"]:
            row["share"] = row["sides"]["fp32"]["flops_per_second"] / document["peak"]["fp32"]
            sys.stdout.write(tables.speed(row, document["peak"]) + "\n\n")
    for name in wanted:
        if name == "halving":
            document[name] = [benchmark.halving(case) for case in cases if case.name in RACES]
        else:
            document[name] = getattr(benchmark, name)()
        sys.stdout.write(getattr(tables, name)(document[name]) + "\n\n")
    return document


def main() -> int:
    """Measure; exit code 3 when a goal is missed, which a quick run never tells."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=[case.name for case in CASES], help="one case")
    parser.add_argument("--trials", type=int, help="of our search; a rival is given no more")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each rival")
    parser.add_argument("--quick", action="store_true", help="tiny numbers: does it run at all?")
    for section in ("growth", "storage", "halving", "all"):
        parser.add_argument(f"--{section}", action="store_true")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        document = run(arguments, Path(folder))
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=2) + "\n")
    return 3 if not arguments.quick and missed(document) else 0


if __name__ == "__main__":
    sys.exit(main())
