"""Draws the history of speed: python benchmarks/speed/plot.py. Writes speed.png beside speed.jsonl.

Needs matplotlib (extra `bench`; `make bench-plot` installs it). Runs of other machines are drawn alike: their facts
stand in the data.
"""

from __future__ import annotations

import sys
from typing import Any

from jobs import JOBS

import history


def series(rows: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    """(numbers of runs, warm seconds at 24 megapixels) of a class."""
    at, seconds = [], []
    for number, row in enumerate(rows, 1):
        for result in row["results"]:
            if result["class"] == name and result["megapixels"] == 24:
                at.append(number)
                seconds.append(result["warm"]["seconds"])
    return at, seconds


def main() -> int:
    try:
        import matplotlib
    except ImportError:
        print("drawing needs matplotlib: make bench-plot, or pip install 'fluxroom[bench]'", file=sys.stderr)
        return 2
    rows = history.read()
    if not rows:
        print("nothing to draw yet: run make bench ARGS=--save", file=sys.stderr)
        return 2
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    edits = [row for row in rows if row["kind"] == "edit"]
    batches = [row for row in rows if row["kind"] == "batch"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), width_ratios=(2, 1), layout="constrained", dpi=100)
    for job in JOBS.values():
        at, seconds = series(edits, job.name)
        (line,) = left.plot(at, seconds, "o-", label=job.title)
        if job.goal is not None:
            left.axhline(job.goal, color=line.get_color(), linestyle=":", linewidth=1)
    left.set(title="24 MP, warm, seconds (dotted: goal)", ylim=(0, None))
    label(left, edits)
    left.legend(fontsize=7)
    each = [row["results"]["seconds"] / row["results"]["photos"] for row in batches]
    right.plot(range(1, len(each) + 1), each, "o-", color="black")
    right.axhline(1.2, color="black", linestyle=":", linewidth=1)
    right.set(title="batch, seconds a photo", ylim=(0, None))
    label(right, batches)
    figure.savefig(history.FILE.with_suffix(".png"))
    print(history.FILE.with_suffix(".png"))
    return 0


def label(axes: Any, rows: list[dict[str, Any]]) -> None:
    names = [f"{row['date'][:10]}\n{row['commit']}" for row in rows]
    axes.set_xticks(range(1, len(rows) + 1), names, fontsize=7)
    axes.set_xlim(0.5, len(rows) + 0.5)


if __name__ == "__main__":
    sys.exit(main())
