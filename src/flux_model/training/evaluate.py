"""Say how good a trained flow is: python -m flux_model.training.evaluate --flow DIR [--rectified DIR] [--out DIR]

Prints tables for docs/measurements: bits a dimension, round trips, a Fréchet distance, likeness to training pictures,
things and colours and counts and sides by `checker`, questions answered by likelihood, and anomalies.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flux_model import uses
from flux_model.codec import PatchBasis
from flux_model.model import FluxDevModel
from flux_model.rectified import RectifiedFlow
from flux_model.tokenizer import FluxTokenizer
from flux_model.training import checker
from flux_model.training.captions import caption
from flux_model.training.data import HELD_OUT, pictures, prepare, scene
from flux_model.training.scenes import Group, Scene, draw
from flux_model.training.sheet import save_sheet
from flux_model.training.train import SHEET

Maker = Callable[[list[str], int], Tensor]
"""Prompts and a seed -> pictures (B, 3, H, W) in [0, 1]."""


def features(x: Tensor) -> Tensor:
    """(B, 3, 64, 64) -> (B, 288): the picture at 8 x 8 in colour, and the strength of edges across and down at 4 x 4 a
    channel. Fixed, hand-made, and not those of FID."""
    small = torch.nn.functional.adaptive_avg_pool2d(x, 8).flatten(1)
    across = torch.nn.functional.adaptive_avg_pool2d((x[..., :, 1:] - x[..., :, :-1]).abs(), 4).flatten(1)
    down = torch.nn.functional.adaptive_avg_pool2d((x[..., 1:, :] - x[..., :-1, :]).abs(), 4).flatten(1)
    return torch.cat([small, 4 * across, 4 * down], dim=1)


def frechet(a: Tensor, b: Tensor) -> float:
    """Between Gaussians fitted to features (N, D) of two sets."""
    a, b = a.double(), b.double()
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    values = torch.linalg.eigvals(ca @ cb).real.clamp(min=0)
    away = (a.mean(0) - b.mean(0)).square().sum()
    return float(away + ca.trace() + cb.trace() - 2 * values.sqrt().sum())


def many(make: Maker, prompts: list[str], seed: int, batch: int = 64) -> Tensor:
    return torch.cat([make(prompts[i : i + batch], seed + i) for i in range(0, len(prompts), batch)]).clamp(0, 1)


def as_array(x: Tensor) -> np.ndarray:
    return x.permute(1, 2, 0).numpy().astype(np.float32)


def asked(seed: int) -> tuple[str, str, str, int]:
    """A prompt for the checker, its colour, side ("" where several) and count."""
    rng = np.random.default_rng([seed, 77])
    color = str(rng.choice(sorted(checker.HUES)))
    count = int(rng.choice((1, 1, 2, 3)))
    side = str(rng.choice(("left", "center", "right"))) if count == 1 else ""
    place = str(rng.choice(("sea", "meadow", "snow")))
    made = Scene(place, "day", "clear", False, "", (Group("balloon", color, count, side or "center"),))
    return caption(made, seed=int(rng.integers(1 << 30)), language=str(rng.choice(("en", "zh")))), color, side, count


def drawn_as_asked(seed: int) -> np.ndarray:
    """What the renderer makes of the same wish: shows how good the checker is."""
    _, color, side, count = asked(seed)
    made = Scene("sea", "day", "clear", False, "", (Group("balloon", color, count, side or "center"),))
    return draw(made, 64, seed)


def attributes(pictures_: list[np.ndarray], number: int) -> dict[str, str]:
    right: dict[str, list[bool]] = {"existence": [], "colour": [], "side": [], "count": []}
    for i in range(number):
        _, color, side, count = asked(i)
        x = pictures_[i]
        right["existence"].append(bool(checker.main_color(x)))
        right["colour"].append(checker.main_color(x) == color)
        if side:
            right["side"].append(checker.side(x, color) == side)
        right["count"].append(checker.count(x, color) == count)
    return {k: f"{sum(v)} of {len(v)} ({sum(v) / len(v):.0%})" for k, v in right.items()}


def questions(model: FluxDevModel, codec: PatchBasis, tokenizer: FluxTokenizer, number: int) -> dict[str, str]:
    """Hour and place of held-out drawn scenes, by which of the possible captions makes the picture likeliest."""
    from flux_model.training.captions import EN_HOUR, EN_PLACE

    right = {"hour": 0, "place": 0}
    for n in range(HELD_OUT, HELD_OUT + number):
        s = scene(n)
        x = prepare(torch.from_numpy(np.rint(draw(s, 64, n) * 255)).to(torch.uint8)[None])[0]
        places = [f"{words[0]} {EN_HOUR[s.hour][0]}" for words in EN_PLACE.values()]
        hours = [f"{EN_PLACE[s.place][0]} {words[0]}" for words in EN_HOUR.values()]
        right["place"] += list(EN_PLACE)[int(uses.which(model, codec, tokenizer, x, places).argmax())] == s.place
        right["hour"] += list(EN_HOUR)[int(uses.which(model, codec, tokenizer, x, hours).argmax())] == s.hour
    chance = {"hour": "chance 25 %", "place": "chance 20 %"}
    return {k: f"{v} of {number} ({v / number:.0%}; {chance[k]})" for k, v in right.items()}


def auroc(normal: Tensor, strange: Tensor) -> float:
    """Probability that a strange picture scores higher than a normal one."""
    more = (strange[:, None] > normal[None, :]).float() + 0.5 * (strange[:, None] == normal[None, :]).float()
    return float(more.mean())


def anomalies(model: FluxDevModel, codec: PatchBasis, number: int) -> dict[str, dict[str, float]]:
    g = torch.Generator().manual_seed(5)
    normal = pictures(range(HELD_OUT + 5000, HELD_OUT + 5000 + number), 64)
    known = codec.encode(pictures(range(2000), 64))
    background = uses.Background.fit(known)
    shuffled = normal.unfold(2, 8, 8).unfold(3, 8, 8).reshape(number, 3, 64, 8, 8)
    order = torch.stack([torch.randperm(64, generator=g) for _ in range(number)])
    mixed = torch.stack([p[:, o] for p, o in zip(shuffled, order, strict=True)]).reshape(number, 3, 8, 8, 8, 8)
    occluded = normal.clone()
    occluded[:, :, 16:48, 16:48] = 0.5
    strange = {
        "black": torch.zeros_like(normal),
        "blank (one grey)": torch.rand(number, 1, 1, 1, generator=g).expand_as(normal),
        "middle occluded": occluded,
        "noise": torch.rand(normal.shape, generator=g),
        "patches shuffled": mixed.permute(0, 1, 2, 4, 3, 5).reshape(normal.shape),
        "upside down": normal.flip(2),
        "colours swapped": normal.flip(1),
    }
    ways: dict[str, dict[str, Any]] = {
        "likelihood": {},
        "ratio to background": {"background": background},
        "ratio and complexity": {"background": background, "with_complexity": True},
    }
    ids = torch.tensor([[1, 2]]).expand(number, -1)
    table: dict[str, dict[str, float]] = {}
    for way, options in ways.items():

        def score(x: Tensor, options: dict[str, Any] = options) -> Tensor:
            x = (x * 255 + torch.rand(x.shape, generator=torch.Generator().manual_seed(6))) / 256
            return uses.anomaly(model, codec, x, ids, **options)

        usual = score(normal)
        middle = usual.median()
        for name, x in strange.items():
            one = auroc(usual, score(x))
            both = auroc((usual - middle).abs(), (score(x) - middle).abs())
            table.setdefault(name, {})[way] = one
            table[name][f"{way}, both sides"] = both
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", default="flux-1/dev-multimodal")
    parser.add_argument("--rectified", default="")
    parser.add_argument("--out", type=Path, default=Path("out/flow_model"))
    parser.add_argument("--number", type=int, default=512)
    parser.add_argument("--guidance", type=float, default=0.0)
    a = parser.parse_args()
    torch.set_grad_enabled(False)
    model, codec = FluxDevModel.from_pretrained(a.flow), PatchBasis.from_pretrained(a.flow)
    tokenizer = FluxTokenizer.from_pretrained(a.flow)

    def by_flow(prompts: list[str], seed: int) -> Tensor:
        ids = tokenizer(prompts, return_tensors="pt")["input_ids"]
        return codec.decode(model.generate(ids, seed=seed, guidance_scale=a.guidance))

    numbers = range(HELD_OUT, HELD_OUT + a.number)
    real = pictures(numbers, 64)
    torch.manual_seed(0)
    fuzzy = (real * 255 + torch.rand_like(real)) / 256
    texts = [caption(scene(n), seed=n) for n in numbers]
    ids = tokenizer(texts, return_tensors="pt")["input_ids"]
    empty = torch.tensor([[1, 2]]).expand(len(ids), -1)
    print(f"{model.config.name}, {sum(p.numel() for p in model.parameters()):,} parameters\n")
    bits = {
        name: uses.bits_per_dim(model, codec, fuzzy, i) for name, i in (("with its words", ids), ("with none", empty))
    }
    bits["with another's words"] = uses.bits_per_dim(model, codec, fuzzy, ids.roll(1, 0))
    for name, value in bits.items():
        print(f"bits a pixel value, {a.number} held-out scenes, {name}: {float(value.mean()):.3f}")

    latent = codec.encode(fuzzy[:64])
    prompt = model.prompt(ids[:64])
    for exact, kind in ((True, torch.float64), (True, torch.float32), (False, torch.float32)):
        x = latent.to(kind)
        z, _ = model(x, prompt, exact)
        error = (model.inverse(z, prompt, exact) - x).abs()
        print(
            f"round trip, exact={exact}, {kind}: median {float(error.median()):.1e}, largest {float(error.max()):.1e}"
        )
    started = time.perf_counter()
    for seed in range(10):
        by_flow([texts[0]], seed)
    print(f"one picture from words: {(time.perf_counter() - started) / 10:.3f} s\n")

    made = many(by_flow, texts, 10_000)
    other = pictures(range(HELD_OUT + 20_000, HELD_OUT + 20_000 + a.number), 64)
    f_real, f_flow = features(real), features(made)
    flat = codec.decode(codec.encode(other))
    print("| pictures | Fréchet distance to held-out scenes |\n|---|---|")
    print(f"| other held-out scenes (the floor) | {frechet(f_real, features(other)):.3f} |")
    print(f"| those through the codec | {frechet(f_real, features(flat)):.3f} |")
    print(f"| the flow, one pass | {frechet(f_real, f_flow):.3f} |")
    if a.rectified:
        sibling = RectifiedFlow.from_pretrained(a.rectified)
        for steps in (1, 4, 16):

            def by_sibling(prompts: list[str], seed: int, steps: int = steps) -> Tensor:
                return codec.decode(
                    sibling.generate(tokenizer(prompts, return_tensors="pt")["input_ids"], steps, seed=seed)
                )

            x = many(by_sibling, texts, 10_000)
            print(f"| its rectified sibling, {steps} step{'s' * (steps > 1)} | {frechet(f_real, features(x)):.3f} |")
    pixels = other.permute(0, 2, 3, 1).reshape(len(other), -1, 3)
    scrambled = torch.stack([p[torch.randperm(p.shape[0])] for p in pixels]).reshape(len(other), 64, 64, 3)
    print(f"| pixels of scenes, shuffled | {frechet(f_real, features(scrambled.permute(0, 3, 1, 2))):.3f} |\n")

    trained = pictures(range(3000), 64).flatten(1)
    nearest = torch.cdist(made[:256].flatten(1), trained).min(1).values
    usual = torch.cdist(other[:256].flatten(1), trained).min(1).values
    print(
        f"nearest of 3000 training pictures: made {float(nearest.median()):.2f}, "
        f"new scenes {float(usual.median()):.2f}\n"
    )

    number = min(a.number, 400)
    prompts = [asked(i)[0] for i in range(number)]
    shown = many(by_flow, prompts, 30_000)
    tables = {
        "drawn by the renderer (how good the checker is)": attributes(
            [drawn_as_asked(i) for i in range(number)], number
        ),
        "the flow": attributes([as_array(x) for x in shown], number),
        "the flow, other prompts": attributes([as_array(x) for x in shown.roll(1, 0)], number),
    }
    print("| pictures | thing there | its colour | its side | how many |\n|---|---|---|---|---|")
    for name, row in tables.items():
        print(f"| {name} | {row['existence']} | {row['colour']} | {row['side']} | {row['count']} |")
    print()
    for name, told in questions(model, codec, tokenizer, 200).items():
        print(f"which {name}, by likelihood: {told}")
    print(
        "\n| strange pictures | likelihood | ratio to background | ratio and complexity | the same, both sides |\n"
        "|---|---|---|---|---|"
    )
    for name, row2 in anomalies(model, codec, 200).items():
        cells = [
            row2[w]
            for w in ("likelihood", "ratio to background", "ratio and complexity", "ratio and complexity, both sides")
        ]
        print(f"| {name} | " + " | ".join(f"{c:.2f}" for c in cells) + " |")
    save_sheet(a.out / "samples.png", [by_flow(list(SHEET), s) for s in (0, 100, 200, 300)], grow=2)
    pair = pictures(range(HELD_OUT + 3, HELD_OUT + 5), 64)
    words = model.prompt(tokenizer([""], return_tensors="pt")["input_ids"])
    way = model.interpolate(codec.encode(pair[:1]), codec.encode(pair[1:]), words, 8)
    save_sheet(a.out / "interpolation.png", [codec.decode(way)], grow=2)


if __name__ == "__main__":
    main()
