"""How a tree grows: space colonisation in three dimensions, boughs as thick as what they carry, leaves at the tips.

Branches grow step by step toward free places of the crown until each is reached (Runions, Lane & Prusinkiewicz 2007,
"Modeling trees with a space colonization algorithm"). Their thickness follows the pipe model: a cross-section carries
those above it (da Vinci; Murray's exponent 2.3). A conifer has whorls of boughs along a stem instead.

Units: the tree's height is 1; x to the right, y up, z away from the camera; the foot is the origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Float
from fluxroom.sky._jit import jit

STEP = 0.014
"""Length of one growing step, shares of the height."""
REACH, TAKEN = 0.30, 0.026
"""A free place pulls branches within REACH of it and is taken by one within TAKEN."""
MOST = 9000
"""Most nodes of a tree before its twigs."""


@dataclass(frozen=True, slots=True)
class Tree:
    """nodes (n, 3); parent (n,), -1 at the foot; radius (n,); leaves (m, 3); clump (m, 3) the middle of each leaf's
    clump; leaf: length of a leaf. Shares of the height."""

    nodes: Float
    parent: NDArray[np.int32]
    radius: Float
    leaves: Float
    clump: Float
    leaf: float


@jit
def _colonise(places: Float, nodes: Float, parent: NDArray[np.int32], count: int, droop: float) -> int:
    """Grow `nodes` (room for many, `count` there already) toward `places`. Returns how many nodes there are."""
    n = places.shape[0]
    near = np.zeros(n, np.int32)
    far2 = np.full(n, np.float32(1e9))
    alive = np.ones(n, np.bool_)
    seen = 0
    pull = np.zeros((nodes.shape[0], 3), np.float32)
    pulled = np.zeros(nodes.shape[0], np.int32)
    last = np.zeros((nodes.shape[0], 3), np.float32)
    for _ in range(220):
        for i in range(n):
            if not alive[i]:
                continue
            for j in range(seen, count):
                dx, dy, dz = places[i, 0] - nodes[j, 0], places[i, 1] - nodes[j, 1], places[i, 2] - nodes[j, 2]
                d = dx * dx + dy * dy + dz * dz
                if d < far2[i]:
                    far2[i] = d
                    near[i] = j
            if far2[i] < TAKEN * TAKEN:
                alive[i] = False
        seen = count
        pull[:count] = 0
        pulled[:count] = 0
        for i in range(n):
            if alive[i] and far2[i] < REACH * REACH:
                j = near[i]
                d = np.sqrt(far2[i]) + np.float32(1e-6)
                for k in range(3):
                    pull[j, k] += (places[i, k] - nodes[j, k]) / d
                pulled[j] += 1
        grown = 0
        for j in range(seen):
            if pulled[j] == 0 or count >= nodes.shape[0]:
                continue
            x, y, z = pull[j, 0], pull[j, 1] + np.float32(droop) * pulled[j], pull[j, 2]
            # Wood is stiff: part of the way that the branch already went.
            p = parent[j]
            if p >= 0:
                stiff = np.float32(0.35) * pulled[j] / np.float32(STEP)
                x += stiff * (nodes[j, 0] - nodes[p, 0])
                y += stiff * (nodes[j, 1] - nodes[p, 1])
                z += stiff * (nodes[j, 2] - nodes[p, 2])
            d = np.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
            x, y, z = x / d, y / d, z / d
            if x * last[j, 0] + y * last[j, 1] + z * last[j, 2] > 0.9:
                continue  # pulled between two places, it would put out the same shoot again and again
            last[j, 0], last[j, 1], last[j, 2] = x, y, z
            x, y, z = STEP * x, STEP * y, STEP * z
            nodes[count, 0], nodes[count, 1], nodes[count, 2] = nodes[j, 0] + x, nodes[j, 1] + y, nodes[j, 2] + z
            parent[count] = j
            count += 1
            grown += 1
        if grown == 0 or count >= nodes.shape[0]:
            break
    return count


@jit
def _thicken(parent: NDArray[np.int32], power: float, tip: float) -> Float:
    """Radius of each node by the pipe model; children come after their parents."""
    n = parent.shape[0]
    area = np.zeros(n, np.float32)
    for j in range(n - 1, -1, -1):
        area[j] = max(area[j], np.float32(tip**power))
        if parent[j] >= 0:
            area[parent[j]] += area[j]
    return area ** np.float32(1 / power)


def _grown(places: Float, stem: Float, droop: float, thick: float) -> tuple[Float, NDArray[np.int32], Float]:
    """Nodes, parents, radii; `stem` (k, 3) is there at first, `thick` the radius at the foot."""
    nodes = np.zeros((MOST, 3), np.float32)
    parent = np.full(MOST, -1, np.int32)
    nodes[: len(stem)] = stem
    parent[1 : len(stem)] = np.arange(len(stem) - 1)
    count = _colonise(places, nodes, parent, len(stem), droop)
    nodes, parent = nodes[:count].copy(), parent[:count].copy()
    radius = _thicken(parent, 2.3, 0.0009)
    big = radius / max(1e-6, float(radius[0]))
    radius = np.maximum(0.0007, thick * big).astype(np.float32)
    # The foot spreads into its roots.
    radius *= 1 + 0.55 * np.exp(-np.maximum(nodes[:, 1], 0) / 0.03).astype(np.float32)
    return nodes, parent, radius


def _twigs(
    nodes: Float, parent: NDArray[np.int32], radius: Float, each: int, long: float, rng: np.random.Generator
) -> tuple[Float, NDArray[np.int32], Float]:
    """Fine twigs put out by all thin branches, two joints each; what makes a bare crown a veil."""
    thin = np.flatnonzero((radius < 0.0030) & (nodes[:, 1] > 0.15))
    thin = np.repeat(thin, each)
    along = nodes[thin] - nodes[np.maximum(parent[thin], 0)]
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-6
    first = along + rng.normal(0, 0.7, along.shape) + np.array([0, 0.25, 0])
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    size = long * rng.uniform(0.4, 1.2, (len(thin), 1))
    one = nodes[thin] + size * first
    second = first + rng.normal(0, 0.45, first.shape) + np.array([0, 0.2, 0])
    two = one + 0.8 * size * second / np.linalg.norm(second, axis=1, keepdims=True)
    count, k = len(nodes), len(thin)
    return (
        np.concatenate([nodes, one, two]).astype(np.float32),
        np.concatenate([parent, thin, count + np.arange(k)]).astype(np.int32),
        np.concatenate([radius, np.full(k, 0.00075), np.full(k, 0.0005)]).astype(np.float32),
    )


def _foliage(
    nodes: Float, radius: Float, thin: float, each: int, spread: float, rng: np.random.Generator
) -> tuple[Float, Float]:
    """Leaves around all thin branches: places and the middles of their clumps."""
    tips = nodes[(radius < thin) & (nodes[:, 1] > 0.12)]
    size = spread * rng.uniform(0.6, 1.3, (len(tips), 1, 1))
    off = rng.normal(size=(len(tips), each, 3)) * size * np.array([1.0, 0.75, 1.0])
    leaves = (tips[:, None] + off).reshape(-1, 3).astype(np.float32)
    return leaves, np.repeat(tips, each, 0).astype(np.float32)


_NONE: Float = np.zeros((0, 3), np.float32)


def _stem(top: float, lean: float, rng: np.random.Generator) -> Float:
    """A stem to that height: nearly upright, never straight."""
    y = np.arange(0, top, STEP)
    t = y / max(top, 1e-6)
    bend = rng.normal(0, 0.005, 4)
    x = lean * t**1.5 * top + bend[0] * np.sin(np.pi * t) + bend[1] * np.sin(2 * np.pi * t)
    z = bend[2] * np.sin(np.pi * t) + bend[3] * np.sin(2 * np.pi * t)
    return np.stack([x, y, z], -1).astype(np.float32)


def round_crown(rng: np.random.Generator, wide: float = 0.47, leafy: bool = True) -> Tree:
    """An oak-like tree: a wide crown of many lobes with gaps between them."""
    lean = rng.normal(0, 0.10)
    stem = _stem(0.13, lean, rng)
    middle = np.array([stem[-1, 0] + rng.normal(0, 0.03), 0.54, 0.0])
    half = np.array([wide * rng.uniform(0.85, 1.05), 0.43, wide])
    lobes = 34
    # Lobes over the crown's surface by a golden spiral, each off its place, none below the skirt.
    k = np.arange(lobes) + 0.5
    up = 1 - 1.70 * k / lobes
    turn = np.pi * (1 + 5**0.5) * k + rng.uniform(0, 2 * np.pi)
    out = np.sqrt(np.maximum(0, 1 - up * up))
    way = np.stack([out * np.cos(turn), up, out * np.sin(turn)], -1) + rng.normal(0, 0.10, (lobes, 3))
    centres = middle + half * way * rng.uniform(0.62, 0.88, (lobes, 1))
    centres = np.concatenate([centres, middle + half * rng.normal(0, 0.22, (7, 3))])
    size = rng.uniform(0.075, 0.145, len(centres))
    each = 80
    ball = rng.normal(size=(len(centres), each, 3))
    ball /= np.linalg.norm(ball, axis=-1, keepdims=True)
    places = centres[:, None] + ball * (size[:, None, None] * rng.random((len(centres), each, 1)) ** 0.33)
    places = places.reshape(-1, 3).astype(np.float32)
    places = places[(places[:, 1] > 0.15) & (places[:, 1] < 0.985)]
    nodes, parent, radius = _grown(np.asarray(places, np.float32), stem, 0.03, 0.031)
    if not leafy:
        nodes, parent, radius = _twigs(nodes, parent, radius, 3, 0.024, rng)
        return Tree(nodes, parent, radius, _NONE, _NONE, 0.006)
    leaves, clump = _foliage(nodes, radius, 0.0030, 30, 0.0125, rng)
    return Tree(nodes, parent, radius, leaves, clump, 0.0068)


def poplar(rng: np.random.Generator, leafy: bool = True) -> Tree:
    """A tall narrow tree, boughs along the stem."""
    stem = _stem(0.86, 0.02 * rng.normal(), rng)
    y = 0.10 + 0.88 * rng.random(3200) ** 0.9
    t = (y - 0.10) / 0.88
    outline = 0.115 * np.sin(np.pi * np.clip(0.12 + 0.86 * t, 0, 1)) ** 0.75
    turn = rng.uniform(0, 2 * np.pi, len(y))
    bumps = 1 + 0.18 * np.sin(3 * turn + 17 * y) + 0.12 * np.sin(5 * turn - 31 * y)
    away = outline * bumps * np.sqrt(rng.random(len(y)))
    x = np.interp(y, stem[:, 1], stem[:, 0])
    places = np.stack([x + away * np.cos(turn), y, away * np.sin(turn)], -1).astype(np.float32)
    nodes, parent, radius = _grown(places, stem, 0.7, 0.017)
    if not leafy:
        nodes, parent, radius = _twigs(nodes, parent, radius, 2, 0.02, rng)
        return Tree(nodes, parent, radius, _NONE, _NONE, 0.005)
    leaves, clump = _foliage(nodes, radius, 0.0034, 34, 0.011, rng)
    return Tree(nodes, parent, radius, leaves, clump, 0.0058)


def conifer(rng: np.random.Generator) -> Tree:
    """A spruce or fir: a straight stem, boughs in whorls that sink with age, twigs hanging along them."""
    stem = _stem(0.99, 0.0, rng) * np.array([0.35, 1, 0.35], np.float32)
    nodes: list[NDArray[np.float64]] = [stem.astype(np.float64)]
    parents: list[NDArray[np.int64]] = [np.arange(-1, len(stem) - 1)]
    radii: list[NDArray[np.float64]] = [0.0125 * (1.02 - stem[:, 1].astype(np.float64)) + 0.0008]
    leaves: list[NDArray[np.float64]] = []
    clumps: list[NDArray[np.float64]] = []
    count = len(stem)
    y = 0.07 + 0.03 * rng.random()
    lush = 1.0
    while y < 0.985:
        age = 1 - y
        boughs = int(rng.integers(4, 7))
        first = rng.uniform(0, 2 * np.pi)
        lush = 0.6 * lush + 0.4 * rng.uniform(0.72, 1.22)  # good years and bad ones
        for b in range(boughs):
            if rng.random() < 0.10:
                continue  # one broke off
            turn = first + 2 * np.pi * (b + rng.normal(0, 0.2)) / boughs
            long = (
                (0.235 * age**0.92 + 0.004) * lush * rng.uniform(0.62, 1.12) * (0.7 + 0.3 * min(1.0, (y - 0.04) / 0.2))
            )
            at = y + rng.normal(0, 0.005)
            t = np.linspace(0, 1, 9)
            sink = (-0.50 * age + 0.42 * (1 - age) ** 2) * t + 0.30 * age * t**2.6
            path = np.stack(
                [
                    np.interp(at, stem[:, 1], stem[:, 0]) + long * t * np.cos(turn),
                    at + long * sink,
                    np.interp(at, stem[:, 1], stem[:, 2]) + long * t * np.sin(turn),
                ],
                -1,
            )
            nodes.append(path)
            parents.append(np.concatenate([[min(len(stem) - 1, int(at / STEP))], np.arange(count, count + 8)]))
            radii.append(np.maximum(0.0008, 0.020 * long * (1 - t)))
            count += 9
            # Side twigs, flat like a feather, and what hangs from them.
            n = int(2900 * long) + 12
            s = rng.beta(1.7, 0.9, n)
            spot = np.stack([np.interp(s, t, path[:, c]) for c in range(3)], -1)
            side = np.array([-np.sin(turn), 0.0, np.cos(turn)])
            twig = np.sin(np.floor(s * long * 75) * 12.9898 + b)  # needles sit in sprays, with air between
            spray = long * 0.27 * (1.06 - s) ** 0.7 * np.clip(rng.normal(0, 0.5, n), -1.1, 1.1) * (1 + 0.35 * twig)
            hang = -np.abs(rng.normal(0, 0.014, n)) * (0.05 + age) * (0.6 + 0.6 * (twig > 0)) - 0.18 * np.abs(spray)
            leaves.append(
                spot + spray[:, None] * side + np.stack([np.zeros(n), hang, np.zeros(n)], -1)
                + rng.normal(0, 0.0014, (n, 3))
            )  # fmt: skip
            clumps.append(spot - np.array([0, 0.02, 0]))
        y += (0.010 + 0.020 * age) * rng.uniform(0.75, 1.25)
    return Tree(
        np.concatenate(nodes).astype(np.float32),
        np.concatenate(parents).astype(np.int32),
        np.concatenate(radii).astype(np.float32),
        np.concatenate(leaves).astype(np.float32),
        np.concatenate(clumps).astype(np.float32),
        0.0075,
    )


def grow(kind: str, leafy: bool, seed: int) -> Tree:
    """kind: round, poplar or conifer (which keeps its needles)."""
    rng = np.random.default_rng(seed)
    if kind == "conifer":
        return conifer(rng)
    return poplar(rng, leafy) if kind == "poplar" else round_crown(rng, leafy=leafy)
