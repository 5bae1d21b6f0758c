"""What a range may be widened to."""

from __future__ import annotations

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.search.space.allowed import allowed_in


def test_bounds_of_the_config_and_of_the_built_in_network_count() -> None:
    allowed = allowed_in(Config())
    assert allowed("optimizer.lr", 10.0)
    assert not allowed("optimizer.lr", -1.0)
    assert allowed("model.args.dropout", 0.9)
    assert not allowed("model.args.dropout", 1.0)
    assert not allowed("optimizer.speed", 1.0)
