"""Data that the tests of stacked searches train on."""

from __future__ import annotations

import pytest

from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from tests.core.search.stacked_runs import digits


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return load_dataset(digits())
