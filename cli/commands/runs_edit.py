"""What ``runs label`` and ``runs rm`` do: check everything first, ask, then change."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from nnbabysit.cli.options import Options
from nnbabysit.cli.query import answer, document
from nnbabysit.cli.render.output import print_json
from nnbabysit.cli.render.result import shown_path
from nnbabysit.cli.render.terminal import error_line, is_terminal, write
from nnbabysit.cli.run_lookup import find_run, run_to_remove
from nnbabysit.core.errors import RunError, UserError
from nnbabysit.core.formatting import clean_line
from nnbabysit.core.record.catalog import Filter, read_catalog


def label_run(options: Options, name: str, text: str | None) -> int:
    """Write a label, or take it off if there is no text; returns the exit code."""

    def work() -> int:
        from nnbabysit.core.record.label import remove_label, write_label

        run = find_run(name, options.runs_dir)
        label = None
        if text is None:
            remove_label(run)
        else:
            label = write_label(run, text)
        if options.json:
            print_json(document("runs label", run_dir=str(run), label=label))
        elif not options.quiet:
            said = "no label" if label is None else f"label: {clean_line(label)}"
            write(sys.stdout, f"{clean_line(shown_path(run))}: {said}\n")
        return 0

    return answer("runs label", options, work)


def remove_runs(options: Options, names: Sequence[str], wanted: Filter, *, yes: bool, dry_run: bool) -> int:
    """Remove the named runs or those a filter picks, after asking; returns the exit code."""

    def work() -> int:
        from nnbabysit.cli.render.run_details import size_in_words
        from nnbabysit.core.record.inventory import total_size
        from nnbabysit.core.record.removal import check_removable, remove

        paths = _named(names, options.runs_dir) if names else _picked(options.runs_dir, wanted)
        for path in paths:
            check_removable(path)
        sizes = {path: total_size(path) for path in paths}
        if paths and not options.quiet:
            for path in paths:
                error_line(f"{clean_line(shown_path(path))}  {size_in_words(sizes[path])}")
        agreed = bool(paths) and not dry_run and (yes or _ask(len(paths), sum(sizes.values())))
        for path in paths if agreed else []:
            remove(path)
        _tell(options, paths if agreed else [], paths, dry_run=dry_run)
        return 0

    return answer("runs rm", options, work)


def _named(names: Sequence[str], root: Path) -> list[Path]:
    return list(dict.fromkeys(run_to_remove(name, root) for name in names))


def _picked(root: Path, wanted: Filter) -> list[Path]:
    """The runs that a filter picks, those excepted that cannot be removed."""
    from nnbabysit.cli.commands.runs_query import tell_skipped
    from nnbabysit.core.record.removal import check_removable

    catalog = read_catalog(root)
    tell_skipped(catalog)
    found = [run for run in catalog.runs if wanted.matches(run)]
    picked: list[Path] = []
    for run in found:
        try:
            if run.status == "running":
                raise RunError("it is running")
            check_removable(run.path)
            picked.append(run.path)
        except RunError as error:
            error_line(f"passed by {clean_line(shown_path(run.path))}: {clean_line(error.message)}")
    return picked


def _ask(count: int, size: int) -> bool:
    """Ask at the terminal; nothing but yes is a yes.

    Raises:
        UserError: There is no terminal to ask at.
    """
    from nnbabysit.cli.render.run_details import size_in_words

    what = "this run" if count == 1 else f"these {count} runs"
    if not is_terminal(sys.stdin) or not is_terminal(sys.stderr):
        raise UserError(f"nobody can be asked whether to remove {what}", remedy="Give --yes to remove them")
    write(sys.stderr, f"Remove {what} for good ({size_in_words(size)})? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _tell(options: Options, removed: Sequence[Path], found: Sequence[Path], *, dry_run: bool) -> None:
    """What was removed, or would be."""
    if options.json:
        more = {"would_remove": [str(path) for path in found]} if dry_run else {}
        print_json(document("runs rm", removed=[str(path) for path in removed], **more))
        return
    count = len(found) if dry_run else len(removed)
    words = "nothing" if count == 0 else "1 run" if count == 1 else f"{count} runs"
    write(sys.stdout, f"would remove {words}\n" if dry_run else f"removed {words}\n")
