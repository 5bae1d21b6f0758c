"""The rule on the tiny set, on hand-made evidence."""

from __future__ import annotations

from collections.abc import Callable

from nnbabysit.core.diagnosis.engine import Finding
from nnbabysit.core.diagnosis.evidence.tiny_evidence import Tried
from nnbabysit.core.training.probes.structure import Fault

Diagnose = Callable[..., dict[str, Finding]]
FALLING = tuple(2.3 - 0.1 * epoch for epoch in range(12))
PASSES = Tried(lr=0.1, loss=0.001, learned=True)


def test_tin001_fires_on_one_wrong_sample(findings: Diagnose) -> None:
    assert list(findings(tiny_accuracy=0.95)) == ["TIN001"]


def test_tin001_fires_above_the_bound(findings: Diagnose) -> None:
    assert list(findings(tiny_losses=FALLING)) == ["TIN001"]


def test_tin001_is_content_with_the_loss_in_regression(findings: Diagnose) -> None:
    assert findings(tiny_accuracy=None) == {}


def test_tin001_names_the_learning_rate_that_passed(findings: Diagnose) -> None:
    finding = findings(
        tiny_losses=FALLING, tiny_tried={"x10": PASSES, "÷10": Tried(lr=0.001, loss=2.2, learned=False)}
    )["TIN001"]
    assert finding.patch == {"optimizer.lr": 0.1}
    assert "set optimizer.lr to 0.1" in finding.remedy


def test_tin001_does_not_call_it_passed_with_a_wrong_sample(findings: Diagnose) -> None:
    tried = {"x10": Tried(lr=0.1, loss=0.04, learned=False)}
    finding = findings(tiny_losses=FALLING, tiny_tried=tried)["TIN001"]
    assert "does not pass yet" in finding.remedy
    assert "x10 leaves 0.04" in finding.remedy
    assert finding.patch == {}


def test_tin001_blames_no_learning_rate_beside_a_fault_of_the_structure(findings: Diagnose) -> None:
    tried = {
        "tiny_tried": {"x10": PASSES},
        "tiny_faults": (Fault("two layers are not registered", "register them"),),
    }
    finding = findings(tiny_losses=FALLING, **tried)["TIN001"]
    assert finding.patch == {}
    assert (finding.cause, finding.remedy) == ("two layers are not registered", "register them")


def test_tin001_blames_no_learning_rate_at_which_the_last_layer_learns_alone(findings: Diagnose) -> None:
    tried = {"x10": Tried(lr=0.1, loss=0.001, learned=True, everywhere=False)}
    assert findings(tiny_losses=FALLING, tiny_tried=tried)["TIN001"].patch == {}


def test_tin001_changes_the_optimizer_of_the_tiny_set_if_it_has_its_own(findings: Diagnose) -> None:
    path = "overfit_tiny.optimizer.lr"
    finding = findings(tiny_losses=FALLING, tiny_tried={"x10": PASSES}, tiny_lr_path=path)["TIN001"]
    assert finding.patch == {path: 0.1}
