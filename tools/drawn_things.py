"""`python tools/drawn_things.py FILE.jpg`: what the code draws for trees, people and fires, before plain skies.

The same functions as the operators use, without a photo: kinds of trees by two lights, people, a fire by night.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from fluxroom.operators.elements import figure, flame, tree, tree_draw, tree_grow
from fluxroom.scene import Float

SKY, TALL, WIDE = np.array([0.42, 0.56, 0.74], np.float32), 250, 230
SIDE = np.array([-0.72, 0.55, -0.42], np.float32)
BACK = np.array([0.45, 0.30, 0.84], np.float32)
DUSK = np.array([0.80, 0.48, 0.22], np.float32)


def before(picture: Float, sky: Float, high: float) -> Float:
    """A drawn picture at that share of a cell's height, on its lower end, before a sky that pales downward."""
    fade = np.linspace(0.75, 1.15, TALL, dtype=np.float32)[:, None, None]
    cell = np.broadcast_to(sky * fade, (TALL, WIDE, 3)).copy()
    cell[-14:] = 0.25 * np.array([0.30, 0.36, 0.12], np.float32) * (sky @ np.array([0.3, 0.6, 0.1], np.float32))
    tall = round(high * TALL)
    small = cv2.resize(picture, (round(picture.shape[1] * tall / picture.shape[0]), tall), interpolation=cv2.INTER_AREA)
    small = small[:, max(0, (small.shape[1] - WIDE) // 2) :][:, :WIDE]
    left, top = (WIDE - small.shape[1]) // 2, TALL - 8 - tall
    part = cell[top : top + tall, left : left + small.shape[1]]
    part *= 1 - small[..., 3:]
    part += small[..., :3]
    return cell


def a_tree(kind: str, leaves: str, toward: Float, sky: Float, seed: int) -> Float:
    sun = np.array([1.5, 1.4, 1.2], np.float32) if sky is SKY else np.array([1.1, 0.72, 0.36], np.float32)
    light = tree_draw.Sunlight(toward, sun, 0.35 * sky, 0.12 * sun)
    leaf = np.array(
        tree.LEAVES["conifer" if kind == "conifer" else "green" if leaves == "bare" else leaves], np.float32
    )
    grown = tree_grow.grow(kind, leaves != "bare", seed)
    bark = np.array(tree.BARK[kind], np.float32)
    return before(tree_draw.draw(grown, light, leaf, bark, 900, seed)[0], sky, 0.92)


def people(seed: int) -> Float:
    cells = []
    for number, (kind, turn) in enumerate((("standing", 15), ("walking", 80), ("walking", -15))):
        drawn = figure.pose(kind, turn, np.random.default_rng((seed, number)))
        sun = np.array([0.8, 0.74, 0.62], np.float32)
        cells.append(before(figure.draw(drawn, SIDE, sun, 0.35 * SKY, 0.12 * sun, 600), SKY, 0.42))
    third = WIDE // 3
    middle = (WIDE - third) // 2
    return np.concatenate([c[:, middle : middle + third] for c in cells], axis=1)


def fire(seed: int) -> Float:
    night = np.array([0.012, 0.016, 0.030], np.float32)
    return before(flame.draw(night, 0.5 * night, 1.0, 0.0, 700, np.random.default_rng(seed)), night, 0.95)


def main(path: Path) -> None:
    by_day = (("round", "green", 1), ("round", "gold", 4), ("conifer", "green", 2), ("poplar", "green", 3))
    at_dusk = (("round", "green", 5), ("round", "bare", 6))
    cells = [
        [a_tree(kind, leaves, SIDE, SKY, seed) for kind, leaves, seed in by_day],
        [*(a_tree(kind, leaves, BACK, DUSK, seed) for kind, leaves, seed in at_dusk), people(2), fire(1)],
    ]
    rows = [np.concatenate([np.pad(c, ((0, 4), (0, 4), (0, 0)), constant_values=1) for c in row], 1) for row in cells]
    wide = max(row.shape[1] for row in rows)
    sheet = np.concatenate([np.pad(r, ((0, 0), (0, wide - r.shape[1]), (0, 0)), constant_values=1) for r in rows])
    code = np.where(sheet <= 0.0031308, 12.92 * sheet, 1.055 * np.maximum(sheet, 1e-6) ** (1 / 2.4) - 0.055)
    Image.fromarray(np.rint(255 * np.clip(code, 0, 1)).astype(np.uint8)).save(path, quality=66, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
