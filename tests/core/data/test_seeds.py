"""Derived seeds: stable, in range, distinct."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.data.seeds import derive_seed

PURPOSES = st.lists(st.integers(0, 2**40) | st.text(max_size=8), max_size=4).map(tuple)


def test_a_seed_stays_what_it_was_in_earlier_versions() -> None:
    assert derive_seed(0, "order", 1) == 1770171455570076112


@given(st.integers(0, 2**70), PURPOSES)
def test_a_seed_is_a_function_of_its_arguments_within_63_bits(
    seed: int, purpose: tuple[int | str, ...]
) -> None:
    derived = derive_seed(seed, *purpose)
    assert derived == derive_seed(seed, *purpose)
    assert 0 <= derived < 2**63


@given(st.integers(0, 99), st.integers(0, 99), PURPOSES, PURPOSES)
def test_different_arguments_give_different_seeds(
    a: int, b: int, p: tuple[int | str, ...], q: tuple[int | str, ...]
) -> None:
    assert (derive_seed(a, *p) == derive_seed(b, *q)) == ((a, *p) == (b, *q))


def test_a_number_and_its_digits_are_different_purposes() -> None:
    assert derive_seed(0, 3) != derive_seed(0, "3")
    assert derive_seed(1, 0) != derive_seed(1)
