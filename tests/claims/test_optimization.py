"""What the notes say about steps and about searching (CS231n, lectures 6 and 7; Bergstra & Bengio 2012)."""

from __future__ import annotations

from statistics import fmean

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.search.samplers.random_grid import draw, grid
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.steps import train_steps
from tests.claims.conftest import Build, Note

EPOCHS = 20


def test_the_step_of_adagrad_shrinks_and_that_of_rmsprop_does_not(
    build: Build, digits: Dataset, note: Note
) -> None:
    """A step per unit of gradient: the gradient itself shrinks as the network learns."""
    rates: dict[str, list[float]] = {}
    for name, lr in (("adagrad", 0.01), ("rmsprop", 0.001)):
        _, assembly = build(optimizer={"name": name, "lr": lr})
        weight = next(parameter for parameter in assembly.model.parameters() if parameter.ndim == 2)
        seen = rates.setdefault(name, [])
        before = weight.detach().clone()
        for epoch in range(1, EPOCHS + 1):
            for step in train_steps(assembly, digits.train, epoch=epoch, seed=0, batch_size=50):
                assert weight.grad is not None
                seen.append(float((weight.detach() - before).norm() / weight.grad.norm()))
                before = weight.detach().clone()
                assert step.lr == lr
    early, late = slice(10, 60), slice(-50, None)
    change = {name: fmean(seen[late]) / fmean(seen[early]) for name, seen in rates.items()}
    note(adagrad_late_over_early=change["adagrad"], rmsprop_late_over_early=change["rmsprop"])
    assert change["adagrad"] < 0.7
    assert change["rmsprop"] > 1.0


def test_random_search_finds_more_than_a_grid_when_one_setting_matters(
    build: Build, digits: Dataset, note: Note
) -> None:
    """Sixteen trials over the learning rate, which matters, and an L2 so small that it does not."""
    space: Space = {
        "optimizer.lr": Axis(log_uniform=(1e-4, 10.0)),
        "regularization.l2": Axis(log_uniform=(1e-12, 1e-8)),
    }

    def cost(lr: float, l2: float) -> float:
        config, assembly = build(
            optimizer={"name": "sgd", "lr": lr},
            regularization={"l2": l2},
            training={"epochs": 1, "batch_size": 50},
        )
        *_, last = train_epochs(assembly, digits, config)
        return last.validation.loss if not last.stopped else float("inf")

    points = grid(space, 16)
    on_grid = {point["optimizer.lr"]: cost(*point.values()) for point in points}
    at_random = [
        min(cost(*draw(space, seed=seed, stage="coarse", index=index).values()) for index in range(16))
        for seed in range(8)
    ]
    wins = sum(best < min(on_grid.values()) for best in at_random)
    note(values_on_grid=len(on_grid), best_on_grid=min(on_grid.values()))
    note(values_at_random=16, best_at_random=fmean(at_random), random_won=f"{wins} of 8")
    assert len(points) == 16
    assert len(on_grid) == 4, "sixteen trials, four learning rates"
    assert wins >= 6
    assert fmean(at_random) < min(on_grid.values())
