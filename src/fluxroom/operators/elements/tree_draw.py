"""A grown tree as a picture: leaves and branches with depth, each in the light that reaches it through the crown.

Light goes through the crown by Beer's law over a coarse grid of leaf area (as in ray marching of clouds), once toward
the sun and along nine ways up to the sky. A leaf gives back light from either face and lets a part of it through,
yellower; so a crown before the sun glows at its rim and is dark within.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.elements.tree_grow import Tree
from fluxroom.scene import Float
from fluxroom.sky._jit import jit

GRID = 36
"""Cells a side of the grid of leaf area, over a cube of 1.24 heights."""
_CUBE = 1.24


@dataclass(frozen=True, slots=True)
class Sunlight:
    """toward (3,) unit vector to the sun (x right, y up, z away from the camera); sun, sky (3,) linear light that a
    white thing gives back in full sun without the sky, and under the open sky without the sun; ground (3,) what one
    that looks down takes from the ground."""

    toward: Float
    sun: Float
    sky: Float
    ground: Float


@jit
def _march(density: Float, way: Float, step: float) -> Float:
    """Light left (0..1) in each cell of what comes from `way`."""
    n = density.shape[0]
    out = np.empty((n, n, n), np.float32)
    for i in range(n):
        for j in range(n):
            for k in range(n):
                x, y, z = i + 0.5 + 0.6 * way[0], j + 0.5 + 0.6 * way[1], k + 0.5 + 0.6 * way[2]
                total = np.float32(0.35) * density[i, j, k]
                while 0 <= x < n and 0 <= y < n and 0 <= z < n and total < 8:
                    total += density[int(x), int(y), int(z)]
                    x += way[0]
                    y += way[1]
                    z += way[2]
                out[i, j, k] = np.exp(-total * np.float32(step))
    return out


@jit
def _at(grid: Float, points: Float, cube: float) -> Float:
    """Trilinear values of a grid at points of the tree."""
    n = grid.shape[0]
    out = np.empty(points.shape[0], np.float32)
    for p in range(points.shape[0]):
        f = np.empty(3, np.float32)
        c = np.empty(3, np.int64)
        for a in range(3):
            shift = 0.06 if a == 1 else 0.5 * cube
            v = min(max((points[p, a] + shift) / cube * n - 0.5, 0.0), n - 1.001)
            c[a] = int(v)
            f[a] = v - c[a]
        total = np.float32(0)
        for di in range(2):
            for dj in range(2):
                for dk in range(2):
                    w = (
                        (f[0] if di else 1 - f[0])
                        * (f[1] if dj else 1 - f[1])
                        * (f[2] if dk else 1 - f[2])
                    )  # fmt: skip
                    total += w * grid[c[0] + di, c[1] + dj, c[2] + dk]
        out[p] = total
    return out


def leaf_area(tree: Tree) -> Float:
    """Leaf area facing any way, per length, in each cell of the grid: what light is lost to by Beer's law."""
    place = np.empty((len(tree.leaves), 3), np.int64)
    for axis, shift in enumerate((0.5 * _CUBE, 0.06, 0.5 * _CUBE)):
        place[:, axis] = np.clip((tree.leaves[:, axis] + shift) / _CUBE * GRID, 0, GRID - 1)
    flat = np.ravel_multi_index((place[:, 0], place[:, 1], place[:, 2]), (GRID, GRID, GRID))
    area = np.bincount(flat, minlength=GRID**3).reshape(GRID, GRID, GRID) * (0.5 * tree.leaf**2)
    return np.asarray(0.8 * area / (_CUBE / GRID) ** 3, np.float32)


def lighting(density: Float, points: Float, toward: Float) -> tuple[Float, Float]:
    """How much of the sun and of the sky reaches each point, 0..1."""
    cell = _CUBE / GRID
    sun = _at(_march(density, toward.astype(np.float32), cell), points, _CUBE)
    turns = np.arange(8) * (2 * np.pi / 8)
    ways = [np.array([0, 1, 0])] + [np.array([0.8 * np.cos(t), 0.6, 0.8 * np.sin(t)]) for t in turns]
    sky = np.zeros_like(density)
    for number, way in enumerate(ways):
        sky += np.float32(0.09 if number else 0.28) * _march(density, way.astype(np.float32), cell)
    return sun, _at(sky, points, _CUBE)


def outward(density: Float, points: Float) -> Float:
    """Unit vectors (n, 3) out of the lobe of the crown that each point lies in: to where smoothed leaf area is less."""
    soft = density.copy()
    for _ in range(3):
        for axis in range(3):
            soft = (np.roll(soft, 1, axis) + 2 * soft + np.roll(soft, -1, axis)) * np.float32(0.25)
    soft = np.minimum(soft, np.float32(np.percentile(soft[soft > 0], 90)) if bool((soft > 0).any()) else 1)
    way = np.stack([_at(np.ascontiguousarray(-slope, np.float32), points, _CUBE) for slope in np.gradient(soft)], -1)
    return np.asarray(way / (np.linalg.norm(way, axis=1, keepdims=True) + 1e-3), np.float32)


@jit
def _leaves(
    color: Float, depth: Float, places: Float, shade: Float, long: Float, thick: Float, angle: Float, scale: float,
    left: float, foot: float
) -> None:  # fmt: skip
    """Lay leaves as small ellipses, the nearest wins. Pixel of a point: x * scale + left, foot - y * scale."""
    h, w = depth.shape
    for i in range(places.shape[0]):
        px, py = places[i, 0] * scale + left, foot - places[i, 1] * scale
        a, b = max(0.62, 0.5 * long[i] * scale), max(0.5, 0.5 * thick[i] * scale)
        co, si = np.cos(angle[i]), np.sin(angle[i])
        r = int(a) + 1
        for y in range(max(0, int(py) - r), min(h, int(py) + r + 1)):
            for x in range(max(0, int(px) - r), min(w, int(px) + r + 1)):
                dx, dy = x + 0.5 - px, y + 0.5 - py
                u, v = (dx * co + dy * si) / a, (dy * co - dx * si) / b
                if u * u + v * v <= 1 and places[i, 2] < depth[y, x]:
                    depth[y, x] = places[i, 2]
                    # A rib's light side and dark side.
                    side = np.float32(1.0 + 0.10 * v)
                    for k in range(3):
                        color[y, x, k] = shade[i, k] * side
                    color[y, x, 3] = 1


@jit
def _branches(
    color: Float, depth: Float, nodes: Float, parent: NDArray[np.int32], radius: Float, sun: Float, sky: Float,
    light: Float, sun_color: Float, sky_color: Float, bark: Float, scale: float, left: float, foot: float
) -> None:  # fmt: skip
    """Lay branches as round rods, lit by the sun and the sky, the nearest wins. light (3,) points to the sun."""
    h, w = depth.shape
    for i in range(nodes.shape[0]):
        p = parent[i]
        if p < 0:
            continue
        ax, ay = nodes[p, 0] * scale + left, foot - nodes[p, 1] * scale
        bx, by = nodes[i, 0] * scale + left, foot - nodes[i, 1] * scale
        ra = max(0.5, min(radius[p], 1.6 * radius[i]) * scale)
        rb = max(0.5, radius[i] * scale)
        r = max(ra, rb) + 1
        lx, ly = bx - ax, by - ay
        long = np.sqrt(lx * lx + ly * ly) + 1e-6
        lx, ly = lx / long, ly / long
        for y in range(max(0, int(min(ay, by) - r)), min(h, int(max(ay, by) + r) + 1)):
            for x in range(max(0, int(min(ax, bx) - r)), min(w, int(max(ax, bx) + r) + 1)):
                dx, dy = x + 0.5 - ax, y + 0.5 - ay
                along = dx * lx + dy * ly
                t = min(1.0, max(0.0, along / long))
                rad = ra + t * (rb - ra)
                ox, oy = dx - t * long * lx, dy - t * long * ly
                d2 = (ox * ox + oy * oy) / (rad * rad)
                if d2 > 1:
                    continue
                out = np.sqrt(1 - d2)
                z = nodes[p, 2] + t * (nodes[i, 2] - nodes[p, 2]) - out * rad / scale
                if z >= depth[y, x]:
                    continue
                depth[y, x] = z
                nx, ny, nz = ox / rad, -oy / rad, -out
                facing = max(0.0, nx * light[0] + ny * light[1] + nz * light[2])
                # Furrows of bark: fine stripes along the rod, broken up and down.
                across = (-ly * ox + lx * oy) / scale
                up = (nodes[p, 1] + t * (nodes[i, 1] - nodes[p, 1])) * 90
                turn = np.arcsin(min(1.0, max(-1.0, across * scale / rad)))
                furrow = 0.5 + 0.5 * np.sin(
                    turn * 11 + 1.6 * np.sin(up * 1.7 + turn * 2) + 0.9 * np.sin(up * 4.1 - turn * 5)
                )
                rough = np.float32(1 - 0.45 * furrow * min(1.0, rad / 5))
                for k in range(3):
                    got = sun_color[k] * sun[i] * facing + sky_color[k] * (0.25 + 0.75 * sky[i]) * (0.55 + 0.45 * ny)
                    color[y, x, k] = bark[k] * got * rough
                color[y, x, 3] = 1


def draw(
    tree: Tree, light: Sunlight, leaf: Float, bark: Float, height: int, seed: int, slim: float = 0.8
) -> tuple[Float, float, float]:
    """Picture (h, w, 4), premultiplied, of a tree `height` pixels high; x of the foot, and y of the foot, in pixels.

    leaf (2, 3) the albedo of leaves and its far end: each leaf lies between the two; bark (3,) albedo of the bark;
    slim  width of a leaf over its length
    """
    rng = np.random.default_rng(seed + 1)
    half = 1.03 * max(0.12, float(np.abs(tree.leaves[:, 0]).max(initial=0)), float(np.abs(tree.nodes[:, 0]).max()))
    top = 1.02 * max(float(tree.leaves[:, 1].max(initial=0)), float(tree.nodes[:, 1].max()))
    scale = height / top
    color = np.zeros((height + round(0.02 * height), 2 * round(half * scale) + 2, 4), np.float32)
    depth = np.full(color.shape[:2], np.inf, np.float32)
    left = 0.5 * color.shape[1]
    density = leaf_area(tree)
    sun, sky = lighting(density, tree.nodes, light.toward)
    _branches(color, depth, tree.nodes, tree.parent, tree.radius, sun, sky, light.toward, light.sun, light.sky,
              bark.astype(np.float32), scale, left, float(height))  # fmt: skip
    n = len(tree.leaves)
    if n:
        shade = leaf_light(tree, density, light, leaf, rng)
        size = (tree.leaf * rng.uniform(0.75, 1.25, n)).astype(np.float32)
        tilt = np.abs(rng.normal(0.55, 0.25, n)).clip(0.2, 1)
        _leaves(color, depth, tree.leaves, shade, size, (slim * size * tilt).astype(np.float32),
                rng.uniform(0, np.pi, n).astype(np.float32), scale, left, float(height))  # fmt: skip
    return color, left, float(height)


def leaf_light(tree: Tree, density: Float, light: Sunlight, leaf: Float, rng: np.random.Generator) -> Float:
    """The light of each leaf, (n, 3)."""
    n = len(tree.leaves)
    sun, sky = lighting(density, tree.leaves, light.toward)
    out = tree.leaves - tree.clump
    out /= np.linalg.norm(out, axis=1, keepdims=True) + 1e-6
    normal = 0.9 * outward(density, tree.leaves) + 0.3 * out + np.array([0, 0.2, 0]) + rng.normal(0, 0.28, (n, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
    cosine = normal @ light.toward
    front = np.maximum(0, cosine)
    through = np.maximum(0, light.toward[2]) * (0.25 + 0.75 * np.abs(cosine))
    up = 0.5 + 0.5 * normal[:, 1]
    mix = np.clip(rng.beta(1.6, 1.6, n) + rng.normal(0, 0.1, n), 0, 1)[:, None]
    # Clumps differ too, so that no crown is of one colour.
    turn = tree.clump @ rng.normal(0, 9, (3, 2)) + rng.uniform(0, 6, 2)
    mix = np.clip(0.6 * mix + 0.4 * (0.5 + 0.25 * np.sin(turn).sum(1, keepdims=True)), 0, 1)
    albedo = leaf[0] + mix * (leaf[1] - leaf[0])
    clear = albedo * np.array([1.25, 1.15, 0.45])
    low = (1 - up) * np.clip(1.15 - tree.leaves[:, 1], 0.2, 1)
    # Within the crown light has gone through leaves, and so is of their colour.
    inner = 0.05 * (1 - sky)[:, None] * np.sqrt(albedo / np.maximum(1e-4, albedo.max(1, keepdims=True)))
    got = albedo * (
        light.sun * (sun * (0.10 + 0.90 * front))[:, None]
        + light.sky * (sky * up)[:, None]
        + light.ground * (0.7 * low * (0.3 + 0.7 * sky))[:, None]
        + (light.sun + light.sky) * inner
    )
    got = got + clear * light.sun * (0.6 * sun * through)[:, None]
    return np.asarray(got * rng.uniform(0.75, 1.2, (n, 1)), np.float32)
