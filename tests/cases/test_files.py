"""Files as people have them: read right, or refused with the right reason, on a real command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from .case import Step, copied, steps, typed


@pytest.mark.sampled(3)
@pytest.mark.parametrize("step", steps("files"))
def test_a_file_is_read_right_or_refused_for_the_right_reason(step: Step, tmp_path: Path) -> None:
    step.check(typed(step, copied(step.case, tmp_path)))
