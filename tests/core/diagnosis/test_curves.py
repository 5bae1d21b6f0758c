"""Rules on curves, on hand-made evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]


def _curve(*losses: float, train: float = 0.5, val: float = 0.48) -> dict[str, Any]:
    """A curve that ends at the given accuracies, in a run without probes."""
    epochs = len(losses)
    return {
        "train_losses": losses,
        "train_accuracies": (train,) * epochs,
        "val_accuracies": (val,) * epochs,
        "update_ratios": {},
        "dead_units": {},
    }


def test_cur001_fires_on_a_stopped_run(findings: Diagnose) -> None:
    found = findings(**_curve(1.9, 9.0), stopped="cost 9 is over 3 × the first cost 2.4")
    assert list(found) == ["CUR001"]
    assert found["CUR001"].patch == {}, "no structural fault is excluded"


def test_cur001_explains_dead_units_and_large_updates(findings: Diagnose) -> None:
    signals = {"dead_units": {"relu": (0.9,)}, "update_ratios": {"weight": (0.5, 0.5, 0.5)}}
    found = findings(**{**_curve(1.9, 9.0), **signals}, stopped="cost 9 is over 3 × the first cost 2.4")
    assert list(found) == ["CUR001"]


def test_cur002_fires_on_fast_then_flat_at_a_high_loss(findings: Diagnose) -> None:
    found = findings(**_curve(2.0, 1.5, 1.42, 1.40, 1.41, 1.40))
    assert list(found) == ["CUR002"]


def test_cur002_is_silent_on_a_steady_descent(findings: Diagnose) -> None:
    assert list(findings(**_curve(2.3, 2.18, 2.12, 2.05, 1.95, 1.86))) == ["CUR003"]


def test_cur002_does_not_blame_the_learning_rate_for_small_steps(findings: Diagnose) -> None:
    small = {**_curve(2.0, 1.5, 1.42, 1.40, 1.41, 1.40), "update_ratios": {"weight": (1e-3,) * 6}}
    assert list(findings(**small)) == ["CUR006"]


def test_cur002_is_silent_while_the_loss_falls(findings: Diagnose) -> None:
    assert findings(**_curve(2.3, 1.6, 1.45, 1.40, 1.36, 1.33, train=0.7, val=0.7)) == {}


def test_cur002_needs_more_than_two_epochs_of_rest(findings: Diagnose) -> None:
    assert "CUR002" not in findings(**_curve(2.2, 2.0, 1.7, 1.4, 1.38))


def test_cur003_fires_on_a_slow_straight_descent(findings: Diagnose) -> None:
    found = findings(**_curve(2.30, 2.24, 2.18, 2.12, 2.06, 2.0))
    assert list(found) == ["CUR003"]
    assert found["CUR003"].patch == {}, "layers that do not learn look the same"


def test_cur003_is_silent_on_a_curve_that_flattens_out(findings: Diagnose) -> None:
    assert "CUR003" not in findings(**_curve(2.3, 1.8, 1.6, 1.5, 1.45, 1.42))


def test_cur004_fires_on_flat_and_then_a_drop(findings: Diagnose) -> None:
    found = findings(**_curve(2.30, 2.30, 2.29, 1.6, 0.9, 0.6), init_scheme="normal")
    assert list(found) == ["CUR004"]
    assert found["CUR004"].patch == {"model.init": {"scheme": "he_normal"}}


@pytest.mark.parametrize("scheme", [None, "he_normal"])
def test_cur004_proposes_no_start_that_is_set_and_none_for_a_network_that_draws_its_own(
    findings: Diagnose, scheme: str | None
) -> None:
    found = findings(**_curve(2.30, 2.30, 2.29, 1.6, 0.9, 0.6), init_scheme=scheme)
    assert found["CUR004"].patch == {}


def test_cur004_is_silent_where_the_run_ends_well(findings: Diagnose) -> None:
    assert findings(**_curve(2.30, 2.30, 2.29, 1.6, 0.4, 0.1, train=0.97, val=0.95)) == {}


@pytest.mark.parametrize("start", [(2.30, 2.1), (2.30, 2.28)])
def test_cur004_takes_one_or_two_flat_epochs_for_common(
    findings: Diagnose, start: tuple[float, float]
) -> None:
    assert findings(**_curve(*start, 1.1, 0.6, 0.4, 0.3)) == {}


def test_cur005_fires_on_a_gap_and_raises_the_penalty(findings: Diagnose) -> None:
    found = findings(train_accuracies=(0.99,) * 6, val_accuracies=(0.85,) * 6)
    assert list(found) == ["CUR005"]
    assert found["CUR005"].patch == {"regularization.l2": 1e-3}


def test_cur005_says_another_cause_where_validation_is_at_chance(findings: Diagnose) -> None:
    found = findings(train_accuracies=(0.99,) * 6, val_accuracies=(0.1,) * 6)
    assert "nothing to do with the inputs" in found["CUR005"].cause
    assert found["CUR005"].patch == {}


def test_cur006_is_information(findings: Diagnose) -> None:
    small = {**_curve(1.9, 1.5, 1.45, 1.44, 1.44, 1.44), "update_ratios": {"weight": (1e-3,) * 6}}
    assert findings(**small)["CUR006"].severity == "info"


def test_cur006_is_silent_while_accuracy_rises(findings: Diagnose) -> None:
    small = {**_curve(1.9, 1.5, 1.45, 1.44, 1.44, 1.44), "update_ratios": {"weight": (1e-3,) * 6}}
    assert findings(**small | {"train_accuracies": (0.30, 0.40, 0.46, 0.47, 0.48, 0.49)}) == {}
    assert findings(**small | {"val_accuracies": (0.30, 0.40, 0.46, 0.47, 0.48, 0.49)}) == {}


def test_cur007_is_silent_while_the_loss_falls(findings: Diagnose) -> None:
    falling = _curve(0.55, 0.32, 0.24, 0.21, 0.19, 0.18, 0.172, train=0.96, val=0.96)
    bars = {"train_bar": 0.965, "val_bar": 0.967}
    assert findings(**falling, chance_loss=0.693, prior_loss=0.168, num_outputs=2, **bars) == {}


def test_cur007_fires_on_a_loss_that_creeps_to_rest(findings: Diagnose) -> None:
    creeping = (2.340, 2.310, 2.3040, 2.3032, 2.3028, 2.3027)
    assert list(findings(**_curve(*creeping, train=0.11, val=0.1))) == ["CUR007"]


def test_cur007_fires_on_a_loss_that_never_leaves_chance(findings: Diagnose) -> None:
    assert list(findings(**_curve(2.31, 2.30, 2.30, 2.30, train=0.11, val=0.1))) == ["CUR007"]


def test_cur007_compares_with_the_class_prior_too(findings: Diagnose) -> None:
    flat = _curve(1.2, 1.2, 1.2, train=0.1, val=0.1)
    assert list(findings(**flat, prior_loss=1.2)) == ["CUR007"]


def test_cur008_fires_on_a_start_far_above_chance(findings: Diagnose) -> None:
    assert list(findings(**_curve(60.0, 20.0, 8.0, 4.0, 2.5, 1.5))) == ["CUR008"]


def test_a_straight_line_from_far_above_chance_is_slow_and_not_unlearning(findings: Diagnose) -> None:
    line = _curve(*(76.0 - 0.2 * epoch for epoch in range(20)))
    assert list(findings(**line, first_total_loss=76.0)) == ["CUR003"]


def test_curves_of_regression_are_judged_by_the_loss_alone(findings: Diagnose) -> None:
    curve = {"train_losses": (0.9, 0.4, 0.1, 0.05, 0.04, 0.035), "chance_loss": 1.0}
    accuracies = "train_accuracies val_accuracies"
    regression = {"task": "regression", "num_outputs": 1, "prior_loss": 1.0, "update_ratios": {}}
    sanity = "initial_losses outputs_are_probabilities tiny_losses"
    assert findings(without=f"{accuracies} {sanity}", **curve, **regression) == {}


def test_cur001_needs_no_chance_for_a_loss_of_ones_own(findings: Diagnose) -> None:
    found = findings(
        without="chance_loss", stopped="cost 20 is over 3 × the first cost 2", first_total_loss=2.0
    )
    assert "CUR001" in found
    assert "CUR001" not in findings(without="chance_loss")


FALLING_THEN_STILL = (2.2, 2.0, 1.8, 1.6, 1.5, 1.45, 1.44, 1.44, 1.44, 1.44, 1.44, 1.44)
FALLING = tuple(2.2 - 0.05 * epoch for epoch in range(12))
RESTING = (1.5, 1.48, 1.49, 1.48, 1.47, 1.47, 1.47, 1.47, 1.47, 1.47, 1.47, 1.47)


def _rates(decayed: int, rate: float) -> tuple[float, ...]:
    """Twelve epochs, the last of which run at another rate."""
    return (0.1,) * (12 - decayed) + (rate,) * decayed


@pytest.mark.parametrize(
    ("val_losses", "rates", "fires"),
    [
        (FALLING_THEN_STILL, _rates(8, 0.0009), True),
        (FALLING_THEN_STILL, _rates(8, 0.001), False),  # 1 % is not under 1 %
        (FALLING, _rates(3, 0.0001), True),
        (FALLING, _rates(2, 0.0001), False),  # the end of a cosine
        (RESTING, _rates(8, 0.0001), False),  # to decay was right
        (FALLING_THEN_STILL, (0.1, 0.1, 0.1) + (0.0001,) * 9, False),  # three epochs are no trend
    ],
)
def test_cur010_fires_where_a_loss_was_still_falling_when_the_learning_rate_was_spent(
    findings: Diagnose, val_losses: tuple[float, ...], rates: tuple[float, ...], fires: bool
) -> None:
    evidence = _curve(*FALLING_THEN_STILL) | {"val_losses": val_losses, "learning_rates": rates}
    assert ("CUR010" in findings(**evidence)) is fires


def test_cur010_is_silent_where_accuracy_is_fine_and_where_the_run_diverged(findings: Diagnose) -> None:
    early = {"val_losses": FALLING_THEN_STILL, "learning_rates": _rates(8, 1e-4)}
    assert "CUR010" not in findings(**_curve(*FALLING_THEN_STILL, train=0.95, val=0.93), **early)
    assert "CUR010" not in findings(**_curve(*FALLING_THEN_STILL), **early, stopped="loss is nan")
