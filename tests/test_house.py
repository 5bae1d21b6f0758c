"""How easily one finds one's way: no circles of files, and no name that stands for two things.

Counted by ``.tools/house.py``. What is still to be renamed is listed and may only become less.
"""

from __future__ import annotations

from house import circles, modules, repeated_files, repeated_names

MODULES = modules()
ALLOWED: dict[str, str] = {}
"""Public name that several files define → why one name is right for all of them."""
NAMES = """
ACTIVATIONS aligned Axis BATCH BEST bundled Calibration Call check choices COLORS Column
Difference DIVERGED ELEMENTWISE encoded evaluate Failure FEWEST FILE FILE_NAME find FOLDER FORMAT FORMATS
GAP Halving HIGH in_words Inputs Kind kind_of leaves LIMIT Line Lion listed load locate MARKS Match Member
METRICS metrics_of Mistake MOST MOSTLY NewRun OURS Outcome overfit_tiny Pair parse Part Path Place POOLS
predict print_lines Progress Report resolve Row ROWS Rule SAMPLES sanity Scale Schedule search SECONDS
Series Setting SETTINGS Share SHORT show Side SINKS Source SplitName Stage Step styled STYLES summary_of
survey Table table_of TITLE train value_at visible write
"""
"""Public names that two files define and that are to be made specific."""


def test_files_import_each_other_in_no_circle() -> None:
    assert circles(MODULES) == []


def test_no_file_name_is_there_twice_within_a_package() -> None:
    assert repeated_files(MODULES) == {}


def test_no_public_name_is_defined_twice_but_for_those_with_a_reason() -> None:
    found = repeated_names(MODULES)
    assert {name: places for name, places in found.items() if name not in {*ALLOWED, *NAMES.split()}} == {}


def test_what_is_listed_is_still_there() -> None:
    """Or the lists would let come back what was cut."""
    found = {*repeated_names(MODULES)}
    assert {*ALLOWED, *NAMES.split()} - found == set(), "take these out of the lists"
