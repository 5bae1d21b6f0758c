"""How easily one finds one's way: no circles of files, and no name that stands for two things.

Counted by ``.tools/house.py``. What is still to be renamed is listed and may only become less.
"""

from __future__ import annotations

from house import circles, modules, repeated_files, repeated_names

MODULES = modules()
ALLOWED: dict[str, str] = {}
"""Public name that several files define → why one name is right for all of them."""
CIRCLES = """
data.readers.raw data.readers.tables.arrow data.readers.tables.cell_errors
data.readers.tables.class_labels data.readers.tables.column_names data.readers.tables.columns
data.readers.tables.csv_table data.readers.tables.parquet_table data.readers.tables.table

stacked.layers stacked.network stacked.random_layers stacked.tracing

training.loop.steps training.setup.setup

workflow.display workflow.result
"""
"""Circles of files that are to be cut, one a paragraph, below ``nnbabysit.core``."""
NAMES = """
aligned as_text Axis BATCH BEST bundled Calibration Call check choices COLORS Column compare CONFIG
config_of CONTROLS Difference DIVERGED drawable duration ELEMENTWISE encoded Entry environment evaluate
Failure FEWEST Fields FILE FILE_NAME find findings_of FOLDER folders FORMAT FORMATS GAP Halving HIGH
in_words is_numeric Kind kind_of LABEL leaves LIMIT Line listed load locate LONGEST MARKS Match Member
metric_names METRICS metrics_of MISSING Mistake moment MOST MOSTLY NewRun next_command number Outcome
overfit_tiny Pair parse Part Path PICTURES Place plain Point POOLS predict Progress read read_alike
read_settings Report resolve Row ROWS Rule SAMPLES Samples sanity Scale Schedule SCHEMA_VERSION search
SECONDS Share show shown_value Side SINKS Source split SplitName SPLITS Stage Status Step STYLES SUFFIXES
summary_of survey Table table_of TABLES tell_nobody TITLE train trial_line UNITS value_at Verdict
verdict_line write
"""
"""Public names that two files define and that are to be made specific."""


def test_files_import_each_other_in_no_circle() -> None:
    """A circle may lie within a listed one, which then becomes shorter here."""
    listed = [{f"nnbabysit.core.{name}" for name in line.split()} for line in CIRCLES.split("\n\n")]
    assert [ring for ring in circles(MODULES) if not any(set(ring) <= known for known in listed)] == []


def test_no_file_name_is_there_twice_within_a_package() -> None:
    assert repeated_files(MODULES) == {}


def test_no_public_name_is_defined_twice_but_for_those_with_a_reason() -> None:
    found = repeated_names(MODULES)
    assert {name: places for name, places in found.items() if name not in {*ALLOWED, *NAMES.split()}} == {}


def test_what_is_listed_is_still_there() -> None:
    """Or the lists would let come back what was cut."""
    found = {*repeated_names(MODULES)}
    assert {*ALLOWED, *NAMES.split()} - found == set(), "take these out of the lists"
    rings = {name.removeprefix("nnbabysit.core.") for ring in circles(MODULES) for name in ring}
    assert {*CIRCLES.split()} - rings == set(), "take these out of the circles"
