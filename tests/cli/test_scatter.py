"""Known trials in known cells."""

from __future__ import annotations

import pytest

from nnbabysit.cli.live.axis import ALWAYS, NEVER, Axis
from nnbabysit.cli.live.scatter import Scatter, between, end_label

CORNERS = [(1e-4, 0.0), (1.0, 1.0)]


def scatter(*points: tuple[float, float]) -> Scatter:
    chart = Scatter(Axis("lr", ALWAYS), Axis("val_acc", NEVER))
    for x, y in points:
        chart.add(x, y)
    return chart


def drawn(
    chart: Scatter, width: int = 5, height: int = 3, *, labels: int = 3, plain: bool = False
) -> list[str]:
    return [row.plain for row in chart.rows(width, height, labels=labels, plain=plain)]


def test_dots_lie_where_the_numbers_say() -> None:
    assert drawn(scatter(*CORNERS)) == [
        "  1│    ⠈",
        "   │     ",
        "  0│⡀    ",
        "   └─────",
        "    1e-04",
    ]


def test_a_decade_is_as_wide_as_another_one() -> None:
    rows = drawn(scatter(*CORNERS, (1e-3, 0.0), (1e-2, 0.0), (1e-1, 0.0)), plain=True)
    assert rows[2] == "  0|.... "


def test_without_braille_a_character_tells_how_many_there_are() -> None:
    rows = drawn(scatter(*CORNERS, *[(1e-2, 0.5)] * 3, *[(1e-1, 0.5)] * 5), 29, plain=True)
    assert rows == [
        "  1|                            .",
        "   |              :      #       ",
        "  0|.                            ",
        "   +-----------------------------",
        "    1e-04        lr, log        1",
    ]
    assert all(row.isascii() for row in rows)


@pytest.mark.parametrize(("plain", "mark"), [(False, "★"), (True, "@")])
def test_the_best_is_highlighted_in_its_cell(plain: bool, mark: str) -> None:
    chart = scatter(*CORNERS)
    chart.set_best(1e-2, 0.5)
    rows = chart.rows(5, 3, labels=3, plain=plain)
    assert rows[1].plain[4:] == f"  {mark}  "
    assert [span.style for span in rows[1].spans] == ["dim", "bold green"]
    assert sum(mark in row.plain for row in rows) == 1


def test_trials_without_a_value_mark_the_bottom_by_their_most_frequent_end() -> None:
    chart = scatter(*CORNERS)
    for x, state in [
        (1.0, "diverged"),
        (1.0, "diverged"),
        (1.0, "stopped"),
        (1e-3, "stopped"),
        (1e-2, "failed"),
    ]:
        chart.add(x, None, state)
    assert drawn(chart)[3] == "   └─v+─x"
    assert drawn(chart, plain=True)[3] == "   +-v+-x"


def test_what_is_drawn_piece_by_piece_is_what_is_drawn_at_once() -> None:
    points = [(10.0 ** -(n % 7), (n * 37 % 101) / 100) for n in range(200)]
    chart = scatter()
    for x, y in points:
        chart.add(x, y)
        drawn(chart, 30, 8)
    assert drawn(chart, 30, 8) == drawn(scatter(*points), 30, 8)
    assert drawn(chart, 20, 4, plain=True) == drawn(scatter(*points), 20, 4, plain=True)


def test_a_second_chart_follows_the_axis_that_it_shares() -> None:
    y = Axis("val_acc", NEVER)
    first, second = Scatter(Axis("lr", ALWAYS), y), Scatter(Axis("reg", ALWAYS), y)
    for chart in (first, second):
        chart.add(1e-3, 0.0)
        chart.add(1.0, 0.5)
    before = drawn(second)
    first.add(1.0, 1.0)
    assert drawn(second) != before
    assert drawn(second, labels=0)[1] == "│    ⠐"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "1"), (0.95, "0.95"), (1e-6, "1e-06"), (2.5e-5, "2.5e-05"), (12345.0, "1.2e+04")],
)
def test_ends_are_labeled_in_few_columns(value: float, text: str) -> None:
    assert end_label(value) == text


def test_a_name_that_has_no_room_between_the_ends_is_left_out() -> None:
    assert between("1e-06", "lr, log", "1", 20) == "1e-06   lr, log    1"
    assert between("1e-06", "a.long.name, log", "1", 20) == "1e-06              1"
