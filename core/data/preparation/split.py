"""Splitting: which samples are held out, stratified by class and drawn from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def hold_out(count: int, candidates: Indices, classes: Indices | None, seed: int) -> tuple[Indices, Indices]:
    """Hold out ``count`` of the candidates, from every class its share.

    Args:
        count: Samples to hold out, at least 1 and fewer than there are candidates.
        candidates: Indices of the samples to choose from.
        classes: Class of every sample of the source, (N,); None draws without regard to classes.
        seed: Seed of the draw.

    Returns:
        The indices that stay and those held out, each in ascending order.
    """
    rng = np.random.default_rng(seed)
    if classes is None:
        chosen = rng.permutation(len(candidates))[:count]
    else:
        chosen = _choose_by_class(classes[candidates], count, rng)
    mask = np.zeros(len(candidates), dtype=bool)
    mask[chosen] = True
    return np.sort(candidates[~mask]), np.sort(candidates[mask])


def stratified_sample(classes: Indices, count: int, seed: int) -> Indices:
    """Positions of ``count`` samples, from every class its share, in ascending order."""
    members = [np.flatnonzero(classes == c) for c in np.unique(classes)]
    sizes = np.array([len(m) for m in members])
    return _draw(members, allot(sizes, count, sizes), np.random.default_rng(seed))


def allot(sizes: Indices, count: int, limits: Indices) -> Indices:
    """Share out ``count`` over groups in proportion to ``sizes``, by largest remainder, within ``limits``.

    The first group wins a tie, so the result needs no seed.

    Args:
        sizes: (G,) sizes of the groups.
        count: What is shared out, at most the sum of ``limits``.
        limits: (G,) most that each group may give.

    Returns:
        (G,) shares that sum to ``count``.
    """
    exact = sizes * (count / max(int(sizes.sum()), 1))
    shares: Indices = np.minimum(np.floor(exact).astype(np.int64), limits)
    while (missing := count - int(shares.sum())) > 0:
        open_groups = np.flatnonzero(shares < limits)
        by_need = open_groups[np.argsort((shares - exact)[open_groups], kind="stable")]
        shares[by_need[:missing]] += 1
    return shares


def _choose_by_class(classes: Indices, count: int, rng: np.random.Generator) -> Indices:
    members = [np.flatnonzero(classes == c) for c in np.unique(classes)]
    sizes = np.array([len(m) for m in members])
    limits = sizes - 1  # a class is never held out whole
    if count > int(limits.sum()):
        limits = sizes
    return _draw(members, allot(sizes, count, limits), rng)


def _draw(members: list[Indices], shares: Indices, rng: np.random.Generator) -> Indices:
    drawn = [rng.permutation(group)[:share] for group, share in zip(members, shares, strict=True)]
    return np.sort(np.concatenate(drawn))
