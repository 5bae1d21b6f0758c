"""Names of run directories."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest

from nnbabysit.core.errors import UserError
from nnbabysit.core.record import names


def test_two_words_are_an_adjective_and_an_animal_and_leave_the_seeds_alone() -> None:
    random.seed(7)
    expected = random.random()
    random.seed(7)
    assert re.fullmatch(r"[a-z]+-[a-z]+", names.two_words())
    assert random.random() == expected
    assert len({names.two_words() for _ in range(50)}) > 25


@pytest.mark.parametrize("name", ["wide-net", "a", "A.b_c-9", "x" * 64])
def test_plain_names_are_allowed(name: str) -> None:
    assert names.checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../x", ".hidden", "a/b", "a b", "x" * 65, "a\n", "a\x1b]0;", "<script>", "ä"]
)
def test_names_that_could_leave_the_folder_or_the_line_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="cannot name a run") as caught:
        names.checked_name(name)
    assert caught.value.where == "--name"
    assert "\x1b" not in str(caught.value)


def test_a_folder_is_named_by_minute_words_and_command() -> None:
    now = datetime(2026, 11, 20, 14, 3, 59, tzinfo=UTC)
    assert names.folder_name(now, "brave-otter", "train") == "2026-11-20_1403_brave-otter_train"
    assert names.folder_name(now, "x", "search --coarse") == "2026-11-20_1403_x_search-coarse"
