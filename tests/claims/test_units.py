"""What the notes say about dying ReLUs and about dropout (CS231n, lectures 6 and 7)."""

from __future__ import annotations

import torch
from torch import nn

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.training.loop.steps import evaluate, train_steps
from nnbabysit.core.training.probes.dead_units import fired
from tests.claims.conftest import Build, Note, hidden_outputs


def test_a_too_high_learning_rate_kills_relus_for_good_and_leaky_relus_survive(
    build: Build, digits: Dataset, note: Note
) -> None:
    x = digits.train.take(torch.arange(len(digits.train)))[0]
    dead, accuracy = {}, {}
    for activation in ("relu", "leaky_relu"):
        model = {
            "name": "mlp",
            "args": {"hidden": [32, 32], "activation": activation},
            "init": {"scheme": "he_normal"},
        }
        _, assembly = build(model=model, optimizer={"name": "sgd", "lr": 0.02})
        counts = []
        for epoch, lr in ((1, 8.0), *((epoch, 0.02) for epoch in range(2, 27))):
            assembly.optimizer.param_groups[0]["lr"] = lr
            for step in train_steps(assembly, digits.train, epoch=epoch, seed=0, batch_size=50):
                if epoch == 1 and step.step == 3:  # a few steps are enough
                    break
            outputs = hidden_outputs(assembly.model, x, (nn.ReLU, nn.LeakyReLU))
            counts.append(max(float((~fired(out).any(0)).float().mean()) for out in outputs))
        dead[activation] = counts[0], counts[-1]
        score = evaluate(assembly.model, digits.validation, assembly.objective)
        assert score.accuracy is not None
        accuracy[activation] = score.accuracy
    note(relus_dead_after_high_lr=dead["relu"][0], relus_dead_after_low_lr=dead["relu"][1])
    note(relu_accuracy=accuracy["relu"], leaky_accuracy=accuracy["leaky_relu"])
    assert dead["relu"][0] > 0.6, "of the worse layer's units"
    assert dead["relu"][1] >= dead["relu"][0], "a low learning rate brings none of them back"
    assert dead["leaky_relu"] == (0.0, 0.0)
    assert accuracy["leaky_relu"] > accuracy["relu"] + 0.3


def test_inverted_dropout_leaves_the_expected_activation_unchanged(
    build: Build, digits: Dataset, note: Note
) -> None:
    _, assembly = build()
    x = digits.train.take(torch.arange(200))[0]
    (activation,) = hidden_outputs(assembly.model, x, (nn.ReLU,))
    for p in (0.2, 0.5, 0.8):
        dropout = nn.Dropout(p)
        torch.manual_seed(0)
        masked = torch.stack([dropout(activation) for _ in range(400)])
        # each mean of 400 has the standard error a·√(p/(1-p)/400); over all units it shrinks further
        ratio = float(masked.mean() / activation.mean())
        worst = (
            (masked.mean(0) - activation).abs() / (activation * (p / (1 - p) / 400) ** 0.5 + 1e-12)
        ).max()
        note(**{f"ratio_at_{p}": ratio, f"worst_unit_in_standard_errors_at_{p}": float(worst)})
        assert abs(ratio - 1) < 0.01
        assert float(worst) < 6
        assert torch.equal(dropout.eval()(activation), activation), "untouched at test time"
