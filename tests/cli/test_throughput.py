"""Trials per second, and how long the rest takes, by a clock set by hand."""

from __future__ import annotations

import pytest

from nnbabysit.cli.live.throughput import Speed


class Clock:
    """A clock set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_groups_count_between_their_ends() -> None:
    clock = Clock()
    speed = Speed(clock)
    assert speed.per_second() is None
    for second in (2.0, 4.0, 6.0):
        for n in range(16):
            clock.now = second + n / 1000
            speed.count()
    assert speed.per_second() == pytest.approx(8.0, rel=0.02)


def test_the_first_group_counts_from_the_start() -> None:
    clock = Clock()
    speed = Speed(clock)
    clock.now = 4.0
    speed.count(16)
    assert speed.per_second() == 4.0


def test_only_the_last_seconds_count() -> None:
    clock = Clock()
    speed = Speed(clock)
    for second in range(1, 101):
        clock.now = float(second)
        speed.count(1 if second < 80 else 10)
    assert speed.per_second() == 10.0


def test_trials_that_take_minutes_have_a_speed_too() -> None:
    clock = Clock()
    speed = Speed(clock)
    for minute in range(1, 6):
        clock.now = 60.0 * minute
        speed.count()
    assert speed.per_second() == pytest.approx(1 / 60)


def test_the_time_left_goes_by_the_work_of_this_session() -> None:
    clock = Clock()
    speed = Speed(clock)
    assert speed.seconds_left() is None
    speed.note_share(0.5)
    assert speed.seconds_left() is None
    clock.now = 10.0
    speed.note_share(0.6)
    assert speed.seconds_left() == pytest.approx(40.0)
