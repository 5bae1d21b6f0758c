"""Programs as people write them: healthy ones are left alone, faults are named for what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from .case import Step, copied, steps, typed


@pytest.mark.parametrize("step", steps("training"))
def test_a_program_is_judged_rightly(step: Step, tmp_path: Path) -> None:
    step.check(typed(step, copied(step.case, tmp_path)))
