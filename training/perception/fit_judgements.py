"""Fit the small models: `python training/perception/fit_judgements.py --data DATA [--cache FOLDER]`.

judgements.csv tells what was seen in each development photo (those that `benchmarks/questions.py` does not hold
out), by looking. Two sets of coefficients come out, into src/fluxroom/perception/data/:

- circumstances.json: time, weather, season from a handful of facts (multinomial logistic regression);
- attributes.npz: tags, time, weather, season and scene from the classifier's features, regions and facts.

Where a photo was judged "golden_hour dusk", both count, the first for more. With --check the accuracy is estimated
by ten-fold cross-validation before the fit on everything. Run it again whenever the region weights change.
"""

from __future__ import annotations

import argparse
import csv
import json
import pickle
from collections import Counter
from dataclasses import astuple
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

from fluxroom.perception import perceive
from fluxroom.perception.attributes import combined, deep_features, region_features
from fluxroom.perception.circumstances import NAMES, facts
from fluxroom.perception.labels import find_labels
from fluxroom.photo import open_photo

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "src/fluxroom/perception/data"
CHOICES = ("time", "weather", "season", "scene")
SHARES = {1: (1.0,), 2: (0.65, 0.35), 3: (0.5, 0.3, 0.2)}
RARE = {"time": 0.8, "weather": 0.8}
"""By which power of how rare it is a value weighs more: rare ones are asked about more than they occur."""
FEWEST = 4
"""Tags seen in fewer photos get no model."""
STRENGTH = {"time": 1.0, "weather": 0.3, "season": 0.1}
"""Inverse of the penalty for the models on facts alone."""
USED = {  # the facts that each may use (few photos bear few coefficients); time uses all
    "weather": (
        "cloud", "blue_sky", "grey_sky", "sky_texture", "sky_patches", "sky", "sky_spread", "contrast",
        "land_contrast", "snow", "sky_color", "land_chroma",
    ),
    "season": ("snow", "vegetation", "green", "autumn", "land_color", "land_chroma", "blue_sky", "mean"),
}  # fmt: skip
STRENGTH_DEEP = {"time": 20.0, "weather": 10.0, "season": 10.0, "scene": 20.0, "tag": 10.0}


def measure(path: Path, cache: Path | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deep features, region features and raw facts of a photo, kept in the cache if there is one."""
    kept = cache / f"{path.parent.name}_{path.stem}.pkl" if cache else None
    if kept is not None and kept.exists():
        found: tuple[np.ndarray, np.ndarray, np.ndarray] = pickle.loads(kept.read_bytes())
        return found
    scene = perceive(open_photo(path))
    fact = np.array(astuple(facts(scene.preview, scene.regions, scene.light)), np.float32)
    found = deep_features(find_labels(scene)), region_features(scene), fact
    if kept is not None:
        kept.write_bytes(pickle.dumps(found))
    return found


def examples(rows: list[dict[str, str]], head: str) -> list[tuple[int, str, float]]:
    """(row, value, weight) for each value that was seen."""
    found = []
    for i, row in enumerate(rows):
        values = [] if row[head] == "-" else row[head].split()
        found += [(i, value, share) for value, share in zip(values, SHARES.get(len(values), ()), strict=True)]
    return found


def fit_choice(
    x: np.ndarray, seen: list[tuple[int, str, float]], strength: float, rare: float = 0.0
) -> LogisticRegression:
    model = LogisticRegression(C=strength, max_iter=4000)
    mass: dict[str, float] = {}
    for _, value, weight in seen:
        mass[value] = mass.get(value, 0.0) + weight
    mean = sum(mass.values()) / len(mass)
    weights = [w * (mean / mass[v]) ** rare for _, v, w in seen]
    return model.fit(x[[i for i, _, _ in seen]], [v for _, v, _ in seen], sample_weight=weights)


def check(x: np.ndarray, rows: list[dict[str, str]], head: str, strength: float, folds: int = 10) -> float:
    """Cross-validated part of the photos whose likeliest value is one of those seen."""
    seen = examples(rows, head)
    which = np.random.default_rng(0).permutation(sorted({i for i, _, _ in seen}))
    right = []
    for fold in range(folds):
        out = set(which[fold::folds].tolist())
        model = fit_choice(x, [s for s in seen if s[0] not in out], strength, RARE.get(head, 0.0))
        right += [model.predict(x[[i]])[0] in rows[i][head].split() for i in out]
    return float(np.mean(right))


def rows_of(model: LogisticRegression) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, weights and bias with one row for each value, also where there are only two."""
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return [str(c) for c in model.classes_], weights, bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.cache:
        arguments.cache.mkdir(parents=True, exist_ok=True)
    rows = list(csv.DictReader((HERE / "judgements.csv").open(encoding="utf-8")))
    measured = [measure(arguments.data / row["photo"], arguments.cache) for row in rows]
    deep, region, fact = (np.stack([m[k] for m in measured]) for k in range(3))
    mean, scale = fact.mean(0), fact.std(0) + 1e-3
    x = np.clip((fact - mean) / scale, -3, 3)

    phrases = yaml.safe_load((HERE / "phrases.yaml").read_text(encoding="utf-8"))
    out: dict[str, object] = {"facts": NAMES, "mean": mean.round(4).tolist(), "scale": scale.round(4).tolist()}
    for head, strength in STRENGTH.items():
        used = x * np.array([name in USED.get(head, NAMES) for name in NAMES])
        if arguments.check:
            print(f"facts  {head:8s} {check(used, rows, head, strength):.3f}")
        names, weights, bias = rows_of(fit_choice(used, examples(rows, head), strength, RARE.get(head, 0.0)))
        out[head] = {"names": names, "weights": weights.round(4).tolist(), "bias": bias.round(4).tolist()}
    out["phrases"] = phrases
    text = json.dumps(out, ensure_ascii=False, indent=None, separators=(",", ":"))
    (OUT / "circumstances.json").write_text(text.replace('],"', '],\n"') + "\n", encoding="utf-8")

    scales = {
        "deep_mean": deep.mean(0), "deep_scale": deep.std(0) + 0.05,
        "region_mean": region.mean(0), "region_scale": region.std(0) + 1e-3,
    }  # fmt: skip
    z = np.stack([combined(d, r, f, scales) for d, r, f in zip(deep, region, x, strict=True)])
    heads: list[str] = []
    values: list[str] = []
    weight_rows: list[np.ndarray] = []
    bias_rows: list[np.ndarray] = []
    for head in CHOICES:
        if arguments.check:
            print(f"deep   {head:8s} {check(z, rows, head, STRENGTH_DEEP[head]):.3f}")
        names, weights, bias = rows_of(fit_choice(z, examples(rows, head), STRENGTH_DEEP[head], RARE.get(head, 0.0)))
        heads += [head] * len(names)
        values += names
        weight_rows += list(weights)
        bias_rows += list(bias)
    tags = Counter(tag for row in rows for tag in set(row["tags"].split()))
    for tag in sorted(t for t, n in tags.items() if n >= FEWEST):
        there = np.array([tag in row["tags"].split() for row in rows])
        model = LogisticRegression(C=STRENGTH_DEEP["tag"], max_iter=4000).fit(z, there)
        heads.append("tag")
        values.append(tag)
        weight_rows.append(model.coef_[0])
        bias_rows.append(model.intercept_[0])
    np.savez_compressed(
        OUT / "attributes.npz", weights=np.stack(weight_rows).astype(np.float16),
        bias=np.array(bias_rows, np.float32), heads=np.array(heads), values=np.array(values),
        **{name: array.astype(np.float16) for name, array in scales.items()},
    )  # fmt: skip
    print(f"{len(rows)} photos, {len(values)} rows of coefficients")


if __name__ == "__main__":
    main()
