"""Fit the direction and softness of light: `python training/perception/fit_light.py --data DATA`.

benchmarks/light.yaml tells what was seen, by looking; only photos that `benchmarks/questions.py` does not hold out are
used. The coefficients go into src/fluxroom/perception/data/light.json; what leaving one photo out would give is
printed. Run it again whenever the region weights change.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from questions import held_out  # noqa: E402

from fluxroom.perception import perceive  # noqa: E402
from fluxroom.perception.circumstances import facts  # noqa: E402
from fluxroom.perception.direction import KINDS, NAMES, clues  # noqa: E402
from fluxroom.photo import open_photo  # noqa: E402

OUT = ROOT / "src/fluxroom/perception/data/light.json"
SHARES = {1: (1.0,), 2: (0.65, 0.35), 3: (0.5, 0.3, 0.2)}
STRENGTH, SOFT_STRENGTH = 0.2, 0.2


def fit_kind(x: np.ndarray, rows: list[dict], without: int = -1) -> LogisticRegression:
    picked, values, weights = [], [], []
    for i, row in enumerate(rows):
        if i != without and "kind" in row:
            for kind, share in zip(row["kind"], SHARES[len(row["kind"])], strict=True):
                picked.append(i)
                values.append(KINDS.index(kind))
                weights.append(share)
    return LogisticRegression(C=STRENGTH, max_iter=300).fit(x[picked], values, sample_weight=weights)


def fit_soft(x: np.ndarray, rows: list[dict], without: int = -1) -> LogisticRegression:
    picked = [i for i, row in enumerate(rows) if i != without and "softness" in row]
    return LogisticRegression(C=SOFT_STRENGTH, max_iter=300).fit(
        x[picked], [rows[i]["softness"] == "soft" for i in picked]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    rows = yaml.safe_load((ROOT / "benchmarks/light.yaml").read_text(encoding="utf-8"))
    rows = [row for row in rows if not held_out(row["photo"]) and ("kind" in row or "softness" in row)]
    measured = []
    for row in rows:
        scene = perceive(open_photo(arguments.data / row["photo"]))
        seen = facts(scene.preview, scene.regions, scene.light)
        known, _ = clues(scene.preview, scene.regions, scene.light, seen)
        measured.append(astuple(known))
    raw = np.array(measured)
    mean, scale = raw.mean(0), raw.std(0) + 1e-3
    x = np.clip((raw - mean) / scale, -2.5, 2.5)
    right = [
        KINDS[int(fit_kind(x, rows, i).predict(x[[i]])[0])] in row["kind"]
        for i, row in enumerate(rows)
        if "kind" in row
    ]
    soft = [
        bool(fit_soft(x, rows, i).predict(x[[i]])[0]) == (row["softness"] == "soft")
        for i, row in enumerate(rows)
        if "softness" in row
    ]
    print(f"left one out: kind {np.mean(right):.3f} of {len(right)}, softness {np.mean(soft):.3f} of {len(soft)}")
    kind, softness = fit_kind(x, rows), fit_soft(x, rows)
    out = {
        "clues": NAMES, "kinds": KINDS, "mean": mean.round(4).tolist(), "scale": scale.round(4).tolist(),
        "weights": kind.coef_.round(3).tolist(),
        "bias": kind.intercept_.round(3).tolist(),
        "soft_weights": softness.coef_[0].round(3).tolist(), "soft_bias": round(float(softness.intercept_[0]), 3),
    }  # fmt: skip
    OUT.write_text(json.dumps(out).replace('], "', '],\n "') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
