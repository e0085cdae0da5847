"""The last step of everything drawn: the photo's tones, air, sharpness, grain, its still water and ground.

finish(overview, drawn, light, seed) -> Finished        in an operator's `prepare`
apply(tile, window, finished)                           its `apply`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fluxroom.operators.declare import Overview, Window
from fluxroom.operators.elements.place import Lit, faded
from fluxroom.operators.elements.shade import toned
from fluxroom.operators.elements.shadow import shadows
from fluxroom.operators.elements.sharpness import FINEST, sharpness
from fluxroom.operators.elements.sprite import NO_GRAIN, Grained, Placed, gain, lay, placed
from fluxroom.operators.elements.still import Still, mirrored, still
from fluxroom.operators.sky.common import own_chroma, sky_mask
from fluxroom.scene import Float
from fluxroom.sky import grain, maps
from fluxroom.sky.light import luminance


@dataclass(frozen=True, slots=True)
class Drawn:
    """A thing as it was drawn, and where it goes.

    picture      (h, w, 4) premultiplied linear light, the thing filling it
    x, y         its centre, height its height: shares of the picture's width and height
    haze         share of the air before it, 0..1
    stands       where in the picture (share of its height from the top) it touches water or ground
    on           "water": mirrored about its own foot; "ground": throws a shadow; "": flies, mirrored in still
                 water; "air": none of these
    within       (h, w) of the overview: what may be covered, such as the sky behind what stands before it; None: all
    glows        it shines by itself, beyond what else is bright in the photo
    """

    picture: Float
    x: float
    y: float
    height: float
    haze: float = 0.0
    stands: float = 1.0
    on: str = ""
    within: Float | None = None
    glows: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """What to lay over the tiles: gains first (reflections, shadows), then the things, the farthest first."""

    gains: tuple[Placed, ...] = ()
    things: tuple[Placed, ...] = ()
    grained: Grained = field(default=NO_GRAIN)


def finish(
    overview: Overview, drawn: Sequence[Drawn], light: Lit, seed: int, lit_by: Sequence[Placed] = ()
) -> Finished | None:
    """Everything drawn, as the photo would show it; in the order given, the farthest first.

    lit_by    light that the things throw on what is around, as gains
    """
    if not drawn:
        return None
    scene = overview.scene
    shape = (overview.pixels.shape[0], overview.pixels.shape[1])
    scale = max(1.0, scene.width / shape[1])
    water: Still | None = still(overview) if any(d.on in ("", "water") or d.glows for d in drawn) else None
    chroma = own_chroma(overview, np.ones(shape, np.float32))  # a monochrome photo stays so
    gains: list[Placed] = list(lit_by)
    things: list[Placed] = []
    seen: dict[tuple[int, int], float] = {}
    for number, d in enumerate(drawn):
        # What flies is as sharp as what is far; the overview is itself a little blurred by being small.
        flies = d.on == ""
        at = (-1, 0) if flies else (round(6 * d.x), round(10 * (d.y + 0.5 * d.height)))
        if at not in seen:
            near = (None, scene.horizon.y(0.5)) if flies else (d.x, d.y + 0.5 * d.height)
            seen[at] = sharpness(overview, *near)
        blur = scale * float(np.sqrt(max(0.0, seen[at] ** 2 - (0.35**2 if scale > 1.01 else 0.0))))
        picture = faded(_muted(d.picture, chroma), light.air, d.haze)
        if not d.glows:
            picture = toned(picture, light)
        if d.within is not None:
            picture = _behind(picture, d)
        thing = placed(picture, d.x, d.y, d.height, scene, max(blur, FINEST))
        if d.on == "ground":
            gains += shadows(d.picture, d.x, d.y, d.height, d.stands, overview, light)
        # Water before a lamp shows it, too.
        if water is not None and (d.on in ("", "water") or (d.on == "ground" and d.glows)):
            axis = None if d.on == "" else d.y + (d.stands - 0.5) * d.height
            gains += mirrored(thing, axis, water, overview, seed + number)
        things.append(thing)
    measured = grain.measure(np.maximum(overview.pixels, 0), sky_mask(scene, shape), seed)
    return Finished(tuple(gains), tuple(things), Grained(measured.tile, measured.level, shape[1]))


def _muted(picture: Float, chroma: float) -> Float:
    if chroma >= 1:
        return picture
    out = picture.copy()
    y = luminance(picture[..., :3])[..., None]
    out[..., :3] = y + np.float32(chroma) * (picture[..., :3] - y)
    return out


def _behind(picture: Float, d: Drawn) -> Float:
    """Only before what it may cover: a thing in the sky goes behind the trees."""
    assert d.within is not None
    h, w = d.within.shape
    ph, pw = picture.shape[:2]
    rows = (d.y + d.height * ((np.arange(ph) + 0.5) / ph - 0.5)) * h - 0.5
    across = d.height * pw / ph * h / w  # its pixels are square
    columns = (d.x + across * ((np.arange(pw) + 0.5) / pw - 0.5)) * w - 0.5
    j = np.clip(np.rint(rows), 0, h - 1).astype(np.intp)
    i = np.clip(np.rint(columns), 0, w - 1).astype(np.intp)
    cover = maps.blur(np.ascontiguousarray(d.within[np.ix_(j, i)], np.float32), 0.6 * ph / max(1.0, d.height * h))
    return np.asarray(picture * np.clip(1.6 * cover - 0.3, 0, 1)[..., None], np.float32)


def apply(tile: Float, window: Window, prepared: Any) -> None:
    """For operators whose `prepare` gives a Finished."""
    if prepared is None:
        return
    p: Finished = prepared
    gain(tile, window, p.gains)
    lay(tile, window, p.things, p.grained)
