"""Trials per second, and how long the rest takes, by a clock set by hand."""

from __future__ import annotations

import pytest

from nnbabysit.cli.live.throughput import Countdown, Speed


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


def test_the_speed_of_a_stack_is_that_of_the_work_before_any_trial_has_ended() -> None:
    clock = Clock()
    speed = Speed(clock)
    speed.note_share(0.0)
    clock.now = 10.0
    speed.note_share(0.1)
    assert speed.per_second(100) == pytest.approx(1.0)
    assert speed.seconds_left() == pytest.approx(90.0)
    clock.now = 30.0
    assert speed.seconds_left() == pytest.approx(70.0)
    clock.now = 300.0
    assert speed.seconds_left() == 0.0


def test_a_group_that_is_overdue_slows_the_speed() -> None:
    clock = Clock()
    speed = Speed(clock)
    for second in (1.0, 2.0, 3.0):
        clock.now = second
        speed.count(13)
    assert speed.per_second() == pytest.approx(13.0)
    clock.now = 124.0
    assert speed.per_second() == pytest.approx(26 / 122)


def test_a_time_that_was_told_counts_down() -> None:
    clock = Clock()
    countdown = Countdown(clock)
    assert countdown.seconds_left() is None
    countdown.tell(20.0)
    clock.now = 5.0
    assert countdown.seconds_left() == 15.0
    clock.now = 50.0
    assert countdown.seconds_left() == 0.0
