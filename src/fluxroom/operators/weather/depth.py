"""How far away everything is, told from the horizon and from where things stand on the ground.

No network: flat ground and water lie on a plane under the photo's horizon, so a row tells their distance (Hartley &
Zisserman 2004, ch. 8: the ground plane's homography); what stands on it is as far as its foot, all the way up;
mountains are far, the sky is farthest. As in "Automatic photo pop-up" (Hoiem, Efros & Hebert 2005), with soft regions.

Distances are relative: 1 at the picture's lower edge on the ground, FARTHEST at the horizon and in the sky.
"""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

FARTHEST = 28.0
"""The sky's distance, and the horizon's, in distances of the picture's lower edge."""

LAND = ("sand", "road", "grass", "snow")
STANDING = ("building", "person", "animal", "object")
MOUNTAIN_FROM = 7.0
"""No mountain is nearer than this."""
LAST, MOUNTAIN = np.float32(np.log(FARTHEST)), np.float32(np.log(MOUNTAIN_FROM))


def region(scene: Scene, name: str, width: int, height: int) -> Float:
    """A region's mask at this size; zeros where it was not seen."""
    mask = scene.regions.get(name)
    if mask is None:
        return np.zeros((height, width), np.float32)
    return maps.resize(np.ascontiguousarray(mask, np.float32), width, height)


def region_sum(scene: Scene, names: tuple[str, ...], width: int, height: int) -> Float:
    total = np.zeros((height, width), np.float32)
    for name in names:
        if name in scene.regions:
            total += region(scene, name, width, height)
    return np.minimum(total, np.float32(1))


def lake(scene: Scene, width: int, height: int) -> Float:
    """(h, w) 0..1: water, and low land between in rows that are mostly water.

    A slope that still water mirrors is easily taken for the slope; and low banks are no hindrance to mist.
    """
    water = region(scene, "water", width, height)
    soft = region_sum(scene, (*LAND, "rock", "trees", "mountain"), width, height)
    share = maps.blur(water, 2.0).mean(1, dtype=np.float64)
    at = (np.arange(height) + 0.5) / height
    wide = np.clip((share - 0.28) / 0.2, 0, 1) * (at > scene.horizon.y(0.5) - 0.03)
    return np.asarray(np.maximum(water, soft * wide[:, None].astype(np.float32)), np.float32)


def plane_ends(scene: Scene, land: Float, water: Float) -> tuple[Float, Float]:
    """Two (w,) float32: the row share at which the ground's and the water's plane ends in each column, -0.5..0.9.

    Both end at the horizon, but flat ground or water that is seen above that line (a slope, a line told wrongly) ends
    at its own top.
    """
    h, w = land.shape
    x = (np.arange(w, dtype=np.float64) + 0.5) / w
    line = scene.horizon.left + (scene.horizon.right - scene.horizon.left) * x
    ends = []
    for mask, gap in ((land, 0.02), (water, 0.005)):
        solid = maps.blur(mask, 0.006 * max(h, w)) > 0.5
        top = np.where(solid.any(0), solid.argmax(0) / h, 1.0)
        own = np.minimum(line, top - gap).astype(np.float32)
        smooth = maps.blur(np.repeat(own[None], 3, axis=0), 0.06 * w)[1]
        ends.append(np.clip(np.minimum(smooth, line), -0.5, 0.9).astype(np.float32))
    return np.minimum(ends[0], ends[1]), ends[1]


def _below_the_trees(scene: Scene, ends: Float, trees: Float, far: Float) -> Float:
    """The ground's end (w,) where a wood stands before a mountain: no farther up than the tree tops.

    A horizon that is only guessed lies somewhere on the mountain; the wood's own top tells more.
    """
    h, w = trees.shape
    unsure = 1.0 - min(1.0, max(0.0, (scene.horizon.confidence - 0.3) / 0.3))
    wood, hill = trees > 0.5, far > 0.5
    if unsure <= 0.0 or not wood.any():
        return ends
    top = np.where(wood.any(0), wood.argmax(0), 0)
    span = max(3, round(0.04 * h))
    over = np.array([hill[max(0, t - span) : t, x].mean() if t > 0 else 0.0 for x, t in enumerate(top)])
    use = (over > 0.5).astype(np.float32)
    if float(use.mean()) < 0.15:
        return ends
    line = maps.blur(np.repeat((use * top / h).astype(np.float32)[None], 3, axis=0), 0.08 * w)[1]
    share = maps.blur(np.repeat(use[None], 3, axis=0), 0.08 * w)[1]
    own = np.maximum(ends, line / np.maximum(share, np.float32(1e-3)))
    part = np.float32(unsure) * np.clip(2.0 * share, 0, 1)
    return np.asarray(np.clip(ends + part * (own - ends), -0.5, 0.9), np.float32)


@jit
def _plane(row: int, height: int, end: np.float32) -> np.float32:
    """log distance of the ground plane at a row, 0 at the picture's lower edge."""
    below = ((np.float32(row) + np.float32(0.5)) / np.float32(height) - end) / max(
        np.float32(0.12), np.float32(1.0) - end
    )
    return np.float32(min(LAST, -np.log(max(np.float32(1.0 / FARTHEST), min(np.float32(1.0), below)))))


@jit
def _columns(
    water: Float,
    land: Float,
    standing: Float,
    trees: Float,
    rough: Float,
    far: Float,
    sky: Float,
    land_ends: Float,
    water_ends: Float,
    pace: float,
    out: Float,
) -> None:
    """log distance, each column from its foot upward; what stands keeps its foot's distance."""
    h, w = out.shape
    for x in range(w):
        now = np.float32(0.0)
        before = np.float32(0.0)
        open_sky = 0
        for i in range(h):
            r = h - 1 - i
            plane = _plane(r, h, land_ends[x])
            sea = _plane(r, h, water_ends[x])
            step = max(np.float32(0.0), plane - before)
            before = plane
            e, g, s, t = water[r, x], land[r, x], standing[r, x], trees[r, x]
            m, f, k = rough[r, x], far[r, x], sky[r, x]
            total = e + g + s + t + m + f + k + np.float32(1e-6)
            up = np.float32(1.0) / np.float32(h)
            sea = min(sea, now + np.float32(pace) * up)
            # Land rolls: a strip of it does not reach to the horizon.
            lawn = min(plane, now + np.float32(14.0) * up)
            # A wood's crowns stand one behind the other.
            tree = now + np.float32(0.4) * min(step, np.float32(9.0) * up) + np.float32(0.3) * up
            stone = now + np.float32(0.5) * min(step, np.float32(6.0) * up) + np.float32(0.6) * up
            hill = max(now, MOUNTAIN) + np.float32(1.2) * up
            value = e * sea + g * lawn + s * now + t * tree + m * stone + f * hill + k * LAST
            value = (value + np.float32(1e-6) * now) / total
            out[r, x] = min(LAST, max(np.float32(0.0), value))
            # What hangs over open sky is a branch before the camera.
            open_sky += 1 if k > np.float32(0.8) else 0
            if s + t > np.float32(0.5) and open_sky > h // 60:
                out[r, x] = min(out[r, x], np.float32(0.5))
                now = out[r, x]
            # Sky seen through a tree's gaps does not carry the tree away.
            solid = np.float32(1.0) - min(np.float32(1.0), k)
            now += solid * (out[r, x] - now) if k < np.float32(0.5) else np.float32(0.0)


@jit
def _reach(near: Float, inside: Float, guide: Float, cost: float, edge: float, lowest: int) -> None:
    """Within what stands, distance spreads from near to far over like colours: a crown belongs to its trunk.

    A geodesic distance by raster sweeps (Toivanen 1996): `cost` for a frame's width, `edge` for a unit of colour.
    Below the row `lowest` a thing's own foot tells more.
    """
    h, w = near.shape
    step = np.float32(cost / w)
    for sweep in range(4):
        forward = sweep % 2 == 0
        for a in range(h):
            r = a if forward else h - 1 - a
            for b in range(w):
                x = b if forward else w - 1 - b
                if r > lowest or inside[r, x] < np.float32(0.5):
                    continue
                best = near[r, x]
                d = -1 if forward else 1
                for k in range(3):
                    rr, xx = (r, x + d) if k == 0 else ((r + d, x) if k == 1 else (r + d, x + d))
                    if rr < 0 or rr >= h or xx < 0 or xx >= w or inside[rr, xx] < np.float32(0.5):
                        continue
                    change = np.float32(0.0)
                    for c in range(3):
                        change += abs(guide[r, x, c] - guide[rr, xx, c])
                    best = min(
                        best, near[rr, xx] + step + np.float32(edge) * max(np.float32(0.0), change - np.float32(0.12))
                    )
                near[r, x] = best


def upright_and_dark(guide: Float) -> Float:
    """(h, w) 0..1: trunks and posts before something brighter (black top-hat, opened upright; Serra 1982)."""
    tone = np.ascontiguousarray(guide.mean(-1), np.float32)
    long = max(tone.shape)
    across = np.ones((1, max(3, round(0.05 * long)) | 1), np.uint8)
    upright = np.ones((max(3, round(0.025 * long)) | 1, 1), np.uint8)
    hat = np.asarray(cv2.morphologyEx(tone, cv2.MORPH_CLOSE, across), np.float32) - tone
    hat = np.asarray(cv2.morphologyEx(cv2.dilate(hat, np.ones((1, 3), np.uint8)), cv2.MORPH_OPEN, upright), np.float32)
    return np.asarray(np.clip((hat - 0.08) / 0.08, 0, 1), np.float32)


def _level(logs: Float, inside: Float) -> Float:
    """What stands far off has a foot behind nearer things: the farthest seen around tells its distance."""
    w = logs.shape[1]
    weight = np.clip(2.0 * inside - 1.0, 0, 1).astype(np.float32)
    if float(weight.max(initial=0)) <= 0.0:
        return logs
    span = np.ones((3, max(3, round(0.10 * w)) | 1), np.uint8)
    far = np.asarray(cv2.dilate(np.where(weight > 0.3, logs, np.float32(0)), span), np.float32)
    norm = maps.blur(weight, 0.05 * w)
    mean = np.maximum(maps.blur(far * weight, 0.05 * w), 0) / (np.maximum(norm, 0) + np.float32(1e-4))
    return np.asarray(logs + weight * np.clip(norm * 20, 0, 1) * (mean - logs), np.float32)


def log_distance(
    scene: Scene, width: int, height: int, water: Float | None = None
) -> tuple[Float, tuple[Float, Float]]:
    """(h, w) log of the relative distance 0..log(FARTHEST), and the rows of `plane_ends`.

    water  (h, w) what counts as water, if not what was seen as water
    """
    dry = np.float32(1)
    if water is None:
        water = region(scene, "water", width, height)
    else:
        dry = np.clip(1 - (water - region(scene, "water", width, height)), 0, 1)
    land = region_sum(scene, LAND, width, height) * dry
    standing = region_sum(scene, STANDING, width, height)
    trees, rock = region(scene, "trees", width, height) * dry, region(scene, "rock", width, height) * dry
    far, sky = region(scene, "mountain", width, height), region(scene, "sky", width, height)
    # Snow above the horizon lies on a mountain; a mountain well below it is a bank or a cliff.
    snow = region(scene, "snow", width, height)
    foot = scene.horizon.y(0.5) + 0.5 * (1.0 - scene.horizon.confidence)
    at = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    above = np.clip((foot + 0.2 - at) / 0.2, 0, 1).astype(np.float32)
    snow = snow * above
    land = np.maximum(land - snow, 0).astype(np.float32)
    ends = plane_ends(scene, land, water)
    ends = (_below_the_trees(scene, ends[0], trees, far * above), ends[1])
    rock = (rock + (1 - above) * far).astype(np.float32)
    far = (above * far + snow).astype(np.float32)
    # A stream or a fall is not a lake: where the horizon is only guessed, water runs off less fast.
    pace = 100.0 if scene.horizon.confidence >= 0.5 else 10.0
    out = np.empty((height, width), np.float32)
    _columns(water, land, standing, trees, rock, far, sky, *ends, pace, out)
    high = np.clip((scene.horizon.y(0.5) + 0.05 - at) / 0.1, 0, 1)
    out = _level(out, (far + high * rock).astype(np.float32))
    # Rock and soil roll: what a column tells of them is smoothed along the picture.
    rough = np.clip(2.0 * rock - 1.0, 0, 1).astype(np.float32)
    norm = maps.blur(rough, 0.04 * width)
    even = np.maximum(maps.blur(out * rough, 0.04 * width), 0) / (np.maximum(norm, 0) + np.float32(1e-4))
    out += rough * np.clip(norm * 20, 0, 1) * (even - out)
    guide = np.sqrt(np.clip(maps.resize(maps.shrink(scene.preview, max(width, height)), width, height), 0, 1))
    sure = scene.horizon.confidence >= 0.5
    lowest = int((scene.horizon.y(0.5) - 0.04) * height) if sure else height
    soft = maps.blur(np.ascontiguousarray(guide, np.float32), 0.8)
    _reach(out, trees + standing + upright_and_dark(guide) * (far + sky), soft, 3.0, 1.2, lowest)
    return out, ends
