"""Randomness by counting: numbers that are a function of a seed and of the sample they are for.

A generator gives its numbers in the order in which they are asked for, so a sample's numbers would depend on
the other samples of the batch. SplitMix64 (Steele, Lea & Flood 2014) of a counter has no such memory, runs on
whole batches on any device, and gives the same bits everywhere.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_GAMMA = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def uniforms(seed: int, samples: Tensor, count: int) -> Tensor:
    """Numbers drawn evenly from [0, 1).

    Args:
        seed: Seed of the purpose, 0 … 2⁶⁴−1.
        samples: (N,) int64, what the numbers are for.
        count: Numbers per sample.

    Returns:
        (N, count) float32 on the device of ``samples``; a row depends on seed and sample alone.
    """
    rows = _mix((samples + 1) * _signed(_GAMMA) + _signed(seed))
    counters = torch.arange(1, count + 1, device=samples.device) * _signed(_GAMMA)
    bits = _mix(rows[:, None] + counters)
    return _shifted(bits, 40).to(torch.float32) * 2.0**-24


def normals(seed: int, samples: Tensor, count: int) -> Tensor:
    """(N, count) float32 standard normal numbers, by Box and Muller (1958)."""
    half = (count + 1) // 2
    drawn = uniforms(seed, samples, 2 * half)
    radius = (-2 * torch.log1p(-drawn[:, :half])).sqrt()
    angle = 2 * math.pi * drawn[:, half:]
    return torch.cat([radius * angle.cos(), radius * angle.sin()], dim=1)[:, :count]


def _mix(z: Tensor) -> Tensor:
    z = (z ^ _shifted(z, 30)) * _signed(_FIRST)
    z = (z ^ _shifted(z, 27)) * _signed(_SECOND)
    return z ^ _shifted(z, 31)


def _shifted(z: Tensor, bits: int) -> Tensor:
    """Shift to the right as an unsigned number."""
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def _signed(number: int) -> int:
    """The same 64 bits as a signed number, which is what torch calculates with."""
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number
