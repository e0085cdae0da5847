"""Regions at preview size: what perception saw, combined as the region's words say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.guided import box, fit_self
from fluxroom.operators.tables import log_luminance
from fluxroom.recipe import PLACE_NAMES, Node, Region
from fluxroom.render.pick import pick_mask
from fluxroom.render.reach import reached, rectangle
from fluxroom.scene import Float, Scene

TONAL = frozenset({"shadows", "midtones", "highlights"})
PLACES = frozenset(PLACE_NAMES) - TONAL
"""Smooth ramps over the frame; everything else follows edges of the picture."""

_PARENT = {
    "clouds": "sky",
    "trees": "vegetation",
    "grass": "vegetation",
    "sand": "ground",
    "snow": "ground",
    "rock": "ground",
    "road": "ground",
}
_GROUND = ("sand", "snow", "rock", "road", "vegetation", "mountain")
_OVERLAPPING = frozenset({"everything", "foreground"}) | PLACES | TONAL


def _ramp(low: float, high: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def place_mask(scene: Scene, name: str) -> Float:
    """(h, w) float32 of a place in the frame: a smooth ramp, exactly 0 and 1 at its ends."""
    h, w = scene.preview.shape[:2]
    u = ((np.arange(w) + 0.5) / w)[None, :]
    v = ((np.arange(h) + 0.5) / h)[:, None]
    if name in ("left", "right"):
        ramp = _ramp(0.3, 0.7, u if name == "right" else 1 - u)
    elif name in ("top", "bottom"):
        ramp = _ramp(0.3, 0.7, v if name == "bottom" else 1 - v)
    elif name == "center":
        ramp = 1 - _ramp(0.3, 1.0, np.hypot((u - 0.5) * 2, (v - 0.5) * 2))
    else:
        side = max(w, h)
        d = np.hypot((u - scene.light.x) * w / side, (v - scene.light.y) * h / side)
        d = d - d.min()  # a sun outside the frame: near is the side it stands on
        near = 1 - _ramp(0.06, 0.6, d)
        ramp = near if name == "near_sun" else 1 - near
    return np.ascontiguousarray(np.broadcast_to(ramp, (h, w)), np.float32)


def tonal_mask(scene: Scene, name: str) -> Float:
    """(h, w) float32 of the dark, middle or bright parts, by the local mean brightness (edges kept)."""
    l = log_luminance(scene.preview)  # noqa: E741
    a, b = fit_self(l, max(1, round(0.012 * max(l.shape))), 0.25)
    x = np.exp2((a * l + b).astype(np.float64) / 2.2)
    dark, bright = 1 - _ramp(0.2, 0.45, x), _ramp(0.55, 0.8, x)
    chosen = {"shadows": dark, "highlights": bright, "midtones": 1 - dark - bright}[name]
    return np.asarray(chosen, np.float32)


def seen(scene: Scene, name: str) -> bool:
    """Whether the scene can tell where this is."""
    if scene.mask(name) is not None or name in PLACE_NAMES or name == "everything":
        return True
    if name == "foreground":
        return "sky" in scene.regions
    return name == "ground" and any(n in scene.regions for n in _GROUND)


def leaf_mask(scene: Scene, name: str) -> Float:
    """(h, w) float32 0..1 of one name; zeros if it was not seen."""
    h, w = scene.preview.shape[:2]
    mask = scene.mask(name)
    if mask is not None:
        return np.clip(mask, 0, 1).astype(np.float32)
    if name == "everything":
        return np.ones((h, w), np.float32)
    if name in TONAL:
        return tonal_mask(scene, name)
    if name in PLACES:
        return place_mask(scene, name)
    if name == "foreground" and "sky" in scene.regions:
        return foreground_mask(scene)
    if name == "ground":
        parts = [scene.regions[n] for n in _GROUND if n in scene.regions]
        return np.clip(sum(parts, np.zeros((h, w), np.float32)), 0, 1).astype(np.float32)
    return np.zeros((h, w), np.float32)


def foreground_mask(scene: Scene) -> Float:
    """What lies in front: neither sky nor far hills nor, where there is land enough, water."""
    behind = leaf_mask(scene, "sky").astype(np.float64)
    far = scene.regions.get("mountain")
    water = scene.regions.get("water")
    land = 1 - behind - (0 if far is None else far) - (0 if water is None else water)
    if float(np.mean(land)) > 0.1:
        behind = 1 - land
    return np.asarray(np.clip(1 - behind, 0, 1), np.float32)


def _disjoint(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether no name of one may overlap a name of the other, as perception promises."""
    if (a | b) & _OVERLAPPING:
        return False
    return not any(p == q or _PARENT.get(p) == q or _PARENT.get(q) == p for p in a for q in b)


def combine(node: Node, left: Any, right: Any) -> Any:
    """The two sides of a node (arrays or float32 scalars) by its operation.

    and = product; minus = a (1 - b); or = sum for regions that cannot overlap (so no seam where two soft edges
    meet), else 1 - (1 - a)(1 - b).
    """
    one = np.float32(1)
    if node.op == "&":
        return left * right
    if node.op == "-":
        return left * (one - right)
    assert node.left is not None
    assert node.right is not None
    if _disjoint(node.left.names(), node.right.names()):
        return np.minimum(left + right, one)
    return one - (one - left) * (one - right)


def tree_mask(scene: Scene, node: Node, leaf: Callable[[Scene, str], Float] = leaf_mask) -> Float:
    """(h, w) float32 0..1: a parsed region at preview size."""
    if node.op == "name":
        return leaf(scene, node.name)
    if node.op == "pick":
        return pick_mask(scene, node.clicks, node.box)
    if node.op == "box":
        assert node.box is not None
        h, w = scene.preview.shape[:2]
        return rectangle(node.box, 0, 0, h, w, h, w)
    assert node.left is not None
    if node.op == "feather" or node.op == "grow" or node.op == "shrink":
        inner = tree_mask(scene, node.left, leaf)
        return inner if node.amount == 0 else reached(inner, node.op, node.amount)
    assert node.right is not None
    out: Float = combine(node, tree_mask(scene, node.left, leaf), tree_mask(scene, node.right, leaf))
    return out


def preview_mask(scene: Scene, region: Region) -> Float:
    """(h, w) float32 0..1: the region at preview size, by the region algebra (see `recipe`)."""
    return np.ascontiguousarray(tree_mask(scene, region.tree))


def carve(mask: Any, keep: Any) -> Any:
    """Take what must be kept out of a mask: 0 from half-kept on, a soft ramp outside."""
    return mask * np.clip(np.float32(1) - np.float32(2) * keep, np.float32(0), np.float32(1))


def settled(mask: Float, radius: int) -> NDArray[np.uint8]:
    """(h, w) uint8: 0 or 1 where the mask is (nearly) that all over the window round a pixel, else 2."""
    few = 1e-6  # below any share that one pixel has; running sums leave a rest of rounding
    low = box((mask > 0.04).astype(np.float32), radius) < few
    high = box((mask < 0.96).astype(np.float32), radius) < few
    return np.where(low, 0, np.where(high, 1, 2)).astype(np.uint8)
