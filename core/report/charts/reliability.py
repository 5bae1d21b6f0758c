"""Reliability diagram: accuracy over confidence, and how many answers there are of each confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.core.report.charts.chart import Chart, ChartAxis, Series

if TYPE_CHECKING:
    from nnbabysit.core.training.evaluation.metrics import Calibration


def reliability_charts(calibration: Calibration) -> list[Chart]:
    """Two panels; a bar below the diagonal means that the network is surer than it is right.

    Args:
        calibration: Of at least one answer.
    """
    counts = calibration.count.tolist()
    centers = [(bin + 0.5) / len(counts) for bin in range(len(counts))]
    filled = [bin for bin, count in enumerate(counts) if count]
    confidence, accuracy = calibration.confidence.tolist(), calibration.accuracy.tolist()
    bars = [(center, accuracy[bin] if counts[bin] else None) for bin, center in enumerate(centers)]
    means = [(confidence[bin], accuracy[bin]) for bin in filled]
    answers = [(center, count / max(1, sum(counts))) for center, count in zip(centers, counts, strict=True)]
    x = ChartAxis(name="confidence: probability of the answer given", shown=(0.0, 1.0))
    title = f"expected calibration error {calibration.error:.4f}"
    return [
        Chart(
            title=title,
            x=x,
            y=ChartAxis(name="accuracy", shown=(0.0, 1.0)),
            series=(
                Series(name="accuracy", points=bars, mark="bars"),
                Series(name="mean confidence in the bin", points=means, mark="dots", style=1),
                Series(name="perfectly calibrated", points=[(0.0, 0.0), (1.0, 1.0)], mark="dashed"),
            ),
        ),
        Chart(
            title="",
            x=x,
            y=ChartAxis(name="fraction of the answers", shown=(0.0,)),
            series=(Series(name="answers", points=answers, mark="bars", style=4),),
            legend=False,
        ),
    ]
