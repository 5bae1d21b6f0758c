"""Settings are called as people call them."""

from __future__ import annotations

from nnbabysit.core.search.names import short_names


def test_names_are_the_shortest_endings_that_differ() -> None:
    paths = ["optimizer.lr", "overfit_tiny.optimizer.lr", "model.args.hidden", "seed"]
    assert short_names(paths) == {
        "optimizer.lr": "lr",
        "overfit_tiny.optimizer.lr": "overfit_tiny.optimizer.lr",
        "model.args.hidden": "hidden",
        "seed": "seed",
    }
    assert short_names(["data.args.n", "model.args.n"]) == {
        "data.args.n": "data.args.n",
        "model.args.n": "model.args.n",
    }
