"""Charts on the page: gaps, zeros, bands, marks, and what is left of many points."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.report.charts.chart import Mark, Series, line_chart
from nnbabysit.core.report.page.svg import BOTTOM, LEFT, RIGHT, place_chart, thinned


def test_points_lie_where_their_numbers_say() -> None:
    """The ends of the axes are 5 % beyond the numbers, the axis of a number 0 begins there."""
    chart = line_chart("loss", [Series(name="a", points=[(0, 0.0), (5, 1.0), (10, 0.5)])], log=False)
    placed = place_chart(chart)
    width, height = (RIGHT - LEFT) / 10.5, (BOTTOM - placed.top) / 1.05
    expected = [(LEFT + x * width, BOTTOM - y * height) for x, y in chart.series[0].known]
    for (x, y), (at, up) in zip(placed.lines[0].dots, expected, strict=True):
        assert abs(x - at) < 0.1
        assert abs(y - up) < 0.1


def test_a_missing_number_is_a_gap_and_a_lonely_one_a_dot() -> None:
    points = [(1, 1.0), (2, math.nan), (3, 2.0), (4, 3.0), *((x, math.inf) for x in range(5, 60))]
    line = place_chart(line_chart("loss", [Series(name="a", points=points)], log=False)).lines[0]
    assert line.path.count("M") == 1
    assert len(line.dots) == 1


def test_zero_on_a_log_axis_is_told_apart_from_missing() -> None:
    chart = line_chart("ratio", [Series(name="a", points=[(1, 1e-3), (2, 0.0), (3, None)])], log=True)
    assert len(place_chart(chart).lines[0].zeros) == 1


def test_the_band_is_always_in_sight() -> None:
    series = [Series(name="a", points=[(1, 1e-8), (2, 1e-7)])]
    placed = place_chart(line_chart("ratio", series, log=True, band=(1e-4, 1e-2)))
    assert placed.band is not None
    top, bottom = placed.band
    assert placed.top <= top < bottom <= placed.bottom


def test_nothing_to_draw_says_so() -> None:
    chart = line_chart("loss", [Series(name="a", points=[(1, math.nan)])])
    assert place_chart(chart).lines == ()
    assert "no finite number" in chart.words


def test_the_words_tell_start_and_end() -> None:
    chart = line_chart("Loss", [Series(name="training", points=[(1, 2.3), (2, 0.5)])])
    assert chart.words == "Loss: training from 2.3 at epoch 1 to 0.5 at 2"


def test_a_mark_outside_the_axis_is_left_out() -> None:
    series = [Series(name="a", points=[(1, 1.0), (9, 2.0)])]
    chart = line_chart("loss", series, marks=[Mark(at=5, text="best"), Mark(at=500, text="far")])
    assert [text for _, text, _, _ in place_chart(chart).marks] == ["best"]


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=5, max_size=30), st.integers(61, 100))
def test_thinning_keeps_both_ends_and_every_extreme(few: list[float | None], times: int) -> None:
    values = few * times
    points = [(float(x), y) for x, y in enumerate(values)]
    kept = thinned(points)
    known = [value for value in values if value is not None]
    assert len(kept) <= 460
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert [x for x, _ in kept] == sorted({x for x, _ in kept})
    if known:
        left = [value for _, value in kept if value is not None]
        assert (min(left), max(left)) == (min(known), max(known))
