"""Fit the small models: `python training/perception/fit_judgements.py --data DATA [--cache FOLDER]`.

judgements.csv tells what was seen in each development photo (those that `benchmarks/questions.py` does not hold
out), by looking. Three sets of coefficients come out, into src/fluxroom/perception/data/:

- circumstances.json: time, weather, season from a handful of facts (multinomial logistic regression);
- attributes.npz: tags, time, weather, season and scene from the classifier's features, regions and facts;
- presence.json: from a tag, a region and the classifier's classes together whether a thing is there. It stands on
  tags by models that have not seen the photo, and also on the answered questions of the development part.

Where a photo was judged "golden_hour dusk", both count, the first for more. With --check the accuracy is estimated
by ten-fold cross-validation before the fit on everything. Run it again whenever the region weights change.
"""

from __future__ import annotations

import argparse
import csv
import json
import pickle
from collections import Counter
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

from fluxroom.perception import perceive
from fluxroom.perception.attributes import combined, deep_features, region_features
from fluxroom.perception.circumstances import NAMES, facts
from fluxroom.perception.labels import find_labels
from fluxroom.perception.questions.evidence import clues, facts_of, region_kind, tag_evidence
from fluxroom.perception.questions.lexicon import Thing, things
from fluxroom.perception.questions.parse import parse
from fluxroom.photo import open_photo

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OUT = ROOT / "src/fluxroom/perception/data"
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
STRENGTH_DEEP = {"time": 20.0, "weather": 10.0, "season": 10.0, "scene": 20.0}
STRENGTHS_TAG = (1.0, 3.0, 10.0, 30.0)
"""The penalty for tags is chosen among these, by the likelihood of the judgements that were left out."""
FOLDS = 10
STRENGTH_PRESENCE = 0.3
FEW = 8
"""A tag seen in as many photos is half believed."""
ASKED = ROOT / "benchmarks/questions.yaml"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a photo gives: deep features, region features, raw facts, and the clues (region, label) for each thing."""

    deep: np.ndarray
    region: np.ndarray
    fact: np.ndarray
    clues: dict[str, tuple[float, float]]


def measure(path: Path, cache: Path | None) -> Measured:
    """All that the models stand on, kept in the cache if there is one."""
    kept = cache / f"{path.parent.name}_{path.stem}.pkl" if cache else None
    if kept is not None and kept.exists():
        found: Measured = pickle.loads(kept.read_bytes())
        return found
    scene = perceive(open_photo(path))
    fact = np.array(astuple(facts(scene.preview, scene.regions, scene.light)), np.float32)
    seen = {name: clues(scene, thing) for name, thing in things().items() if name}
    found = Measured(deep_features(find_labels(scene)), region_features(scene), fact, seen)
    if kept is not None:
        kept.write_bytes(pickle.dumps(found))
    return found


def turned(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same points in as many coordinates as there are photos, and the axes that lead back.

    A penalty on the length of the weights is the same in both, so models fitted there are the same models, sooner.
    """
    u, s, axes = np.linalg.svd(z, full_matrices=False)
    return u * s, axes


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


def unseen(x: np.ndarray, there: np.ndarray, strength: float) -> np.ndarray:
    """The probability of a tag for each photo, by a model that has not seen the photo."""
    folds = (
        StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        if there.sum() >= FOLDS
        else KFold(FOLDS, shuffle=True, random_state=0)
    )
    model = LogisticRegression(C=strength, max_iter=4000)
    return np.asarray(cross_val_predict(model, x, there, cv=folds, method="predict_proba")[:, 1])


def truths(rows: list[dict[str, str]]) -> list[tuple[int, str, bool]]:
    """(photo, thing, whether it is there), as far as judgements and answered questions tell."""
    known = things()
    found: dict[tuple[int, str], bool] = {}
    index = {row["photo"]: i for i, row in enumerate(rows)}
    tags = Counter(tag for row in rows for tag in set(row["tags"].split()))
    for i, row in enumerate(rows):
        said = set(row["tags"].split())
        for name, thing in known.items():
            if name.replace(" ", "_") == thing.tag or (name in ("animal", "bird", "boat", "vehicle") and tags[name]):
                found[i, name] = name.replace(" ", "_") in said
            elif "animal" in thing.region and "animal" not in said and thing.labels:
                found[i, name] = False
    for case in yaml.safe_load(ASKED.read_text(encoding="utf-8")):
        query = parse(case["question"])
        if case["photo"] in index and case["kind"] == "exists" and len(query.targets) == 1:
            found[index[case["photo"]], query.targets[0]] = str(case["answer"]) == "yes"
        if case["photo"] in index and case["kind"] == "which_animal":
            for name in case["answer"] if isinstance(case["answer"], list) else [case["answer"]]:
                if name in known:
                    found[index[case["photo"]], name] = True
    return [(i, name, there) for (i, name), there in found.items()]


def fit_presence(rows: list[dict[str, str]], measured: list[Measured], left_out: dict[str, np.ndarray]) -> None:
    """data/presence.json: how tag, region and label together tell whether a thing is there.

    The tags are those of models that have not seen the photo, as it will be with a new one. Each thing's photos with
    and without it weigh the same: who asks for a thing has a reason to, so that it is rare in general says nothing.
    """
    known = things()
    base = {}
    for tag in left_out:
        n = sum(tag in row["tags"].split() for row in rows)
        base[tag] = (float(np.log(n / (len(rows) - n))), n / (n + FEW))
    facts_for: dict[str, list[tuple[str, bool, np.ndarray]]] = {}
    for i, name, there in truths(rows):
        thing: Thing = known[name]
        tag = tag_evidence(float(left_out[thing.tag][i]), base[thing.tag]) if thing.tag in left_out else None
        if tag is not None or thing.region or thing.labels:
            x = facts_of(tag, *measured[i].clues[name], thing)
            one = "kinds of animals" if known.get(thing.of, thing).region == ("animal",) and name != "animal" else name
            facts_for.setdefault(region_kind(thing, tag is not None), []).append((one, there, x))
    models = {}
    for kind, some in sorted(facts_for.items()):
        counts = Counter((name, there) for name, there, _ in some)
        both = [row for row in some if counts[row[0], True] and counts[row[0], False]]
        x, y = np.stack([f for _, _, f in both]), np.array([there for _, there, _ in both])
        # a thing seen once tells less than one seen often, though both sides of each weigh the same
        weight = np.array([min(counts[n, True], counts[n, False]) ** 0.5 / counts[n, t] for n, t, _ in both])
        weight *= len(weight) ** 0.5 * 4 / weight.sum()
        model = LogisticRegression(C=STRENGTH_PRESENCE, max_iter=4000).fit(x, y, sample_weight=weight)
        right = np.average(model.predict(x) == y, weights=weight)
        print(f"there  {kind:8s} {right:.3f} of {len(y)}, each thing balanced")
        models[kind] = [round(float(v), 4) for v in (model.intercept_[0], *model.coef_[0])]
    says = "bias, tag, no tag, region, label, has labels"
    tags = {tag: [round(v, 4) for v in pair] for tag, pair in base.items()}
    out = {"weights_of": says, "models": models, "tags_of": "base log odds, reliability", "tags": tags}
    (OUT / "presence.json").write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


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
    deep, region, fact = (np.stack([getattr(m, k) for m in measured]) for k in ("deep", "region", "fact"))
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
    near, axes = turned(z)
    heads: list[str] = []
    values: list[str] = []
    weight_rows: list[np.ndarray] = []
    bias_rows: list[np.ndarray] = []
    for head in CHOICES:
        if arguments.check:
            print(f"deep   {head:8s} {check(near, rows, head, STRENGTH_DEEP[head]):.3f}")
        names, weights, bias = rows_of(fit_choice(near, examples(rows, head), STRENGTH_DEEP[head], RARE.get(head, 0.0)))
        heads += [head] * len(names)
        values += names
        weight_rows += list(weights)
        bias_rows += list(bias)
    counts = Counter(tag for row in rows for tag in set(row["tags"].split()))
    tags = {t: np.array([t in r["tags"].split() for r in rows]) for t in sorted(counts) if counts[t] >= FEWEST}
    left_out = {c: {t: unseen(near, there, c) for t, there in tags.items()} for c in STRENGTHS_TAG}
    losses = {
        c: float(np.mean([log_loss(tags[t], p, labels=[False, True]) for t, p in some.items()]))
        for c, some in left_out.items()
    }
    strength = min(losses, key=lambda c: losses[c])
    print("tags: log loss of what was left out, by strength:", {c: round(v, 4) for c, v in losses.items()})
    for tag, there in tags.items():
        model = LogisticRegression(C=strength, max_iter=4000).fit(near, there)
        heads.append("tag")
        values.append(tag)
        weight_rows.append(model.coef_[0])
        bias_rows.append(model.intercept_[0])
    fit_presence(rows, measured, left_out[strength])
    weight_rows = [np.asarray(row @ axes) for row in weight_rows]
    np.savez_compressed(
        OUT / "attributes.npz", weights=np.stack(weight_rows).astype(np.float16),
        bias=np.array(bias_rows, np.float32), heads=np.array(heads), values=np.array(values),
        **{name: array.astype(np.float16) for name, array in scales.items()},
    )  # fmt: skip
    print(f"{len(rows)} photos, {len(values)} rows of coefficients")


if __name__ == "__main__":
    main()
