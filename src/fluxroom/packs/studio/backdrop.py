"""An even studio background: the fall-off of the lights taken out, the colour made white or grey, the subject kept.

The background is a smooth surface that begins at the picture's border: a cubic polynomial in log light is fitted to it
again and again, each time to what the last fit explains (iteratively reweighted least squares, Holland & Welsch 1977).
What lies on the surface, or darker without another colour (a shadow, a reflection in the table), and hangs together
with the border is background; its edge follows the picture to a hair by a guided filter (He, Sun & Tang 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.guided import ColorGuide
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of, single
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

Double = NDArray[np.float64]
FIT_SIDE = 256
"""Long side on which the surface is fitted, pixels."""
ROUNDS = 12
FARTHEST = 2.2
"""Stops that a background may be lifted: what is darker is no white background badly lit."""
LEVELS = {"white": 1.0, "light_grey": 0.55, "grey": 0.18, "even": 0.0}
"""Linear light that the background gets; even: its own mean, colour and all."""
DARKEST = 0.004
LEAST, RIM = 0.06, 0.65
"""Shares of the frame, and of its upper border, that must lie on the surface; else there is no backdrop."""
EDGE = 0.06
"""Stops a pixel of a thousand: background ends where the light changes so quickly."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """planes (10, h, w): the matte's coefficients, log2 of the surface, log2 of what it becomes (red, green, blue)."""

    planes: Float
    strength: float
    shadow: float


def _terms(h: int, w: int) -> Double:
    """(h, w, 10): all products of x and y up to the third degree, each -1..1."""
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    return np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1)


def surface(logs: Float) -> tuple[Double, NDArray[np.bool_]]:
    """((10, 3) coefficients of the background's log2 light, (h, w) what lies on it); logs: of a small picture."""
    h, w = logs.shape[:2]
    terms = _terms(h, w)
    rim = max(1, round(0.03 * max(h, w)))
    border = np.zeros((h, w), np.bool_)
    border[:rim], border[:, :rim], border[:, -rim:] = True, True, True
    on = border.copy()
    coefficients = np.zeros((terms.shape[-1], 3))
    for round_ in range(ROUNDS):
        a, b = terms[on], logs[on].astype(np.float64)
        off = np.abs(b - a @ coefficients).max(axis=1) if round_ else np.abs(b - np.median(b, axis=0)).max(axis=1)
        weight = 1 / (1 + (off / 0.25) ** 2)
        left = (a * weight[:, None]).T @ a + 1e-3 * len(a) * np.diag(np.arange(terms.shape[-1]) > 0)
        coefficients = np.linalg.solve(left, (a * weight[:, None]).T @ b)
        rest = logs - terms @ coefficients
        # It spreads from the border over what the surface explains, a little farther each round.
        near = _reached(_like(rest, 0.30, 0.30, 0.12), border)
        if round_ > 0 and (near == on).all():
            break
        on = near if near.sum() > 50 else border
    return coefficients, on


def _like(rest: Double, under: float, over: float, colour: float) -> NDArray[np.bool_]:
    """What differs from the surface by so few stops of light, and by so little colour."""
    light = rest.mean(axis=-1)
    return np.asarray((light > -under) & (light < over) & (np.abs(rest - light[..., None]).max(axis=-1) < colour))


def _reached(marks: NDArray[np.bool_], border: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those connected parts of `marks` that touch the border."""
    _, labels = cv2.connectedComponents(marks.astype(np.uint8), connectivity=4)
    touched = np.unique(labels[border & marks])
    return np.asarray(np.isin(labels, touched[touched > 0]))


def _background(overview: Overview) -> tuple[Float, Float] | None:
    """(log2 of the surface (h, w, 3), the background 0..1 (h, w)) at overview size; None where there is hardly any."""
    pixels = np.maximum(overview.pixels, np.float32(DARKEST))
    h, w = pixels.shape[:2]
    if min(h, w) < 16:
        return None
    small = maps.shrink(np.ascontiguousarray(pixels), FIT_SIDE)
    coefficients, on = surface(np.log2(np.maximum(small, np.float32(DARKEST))))
    rim = np.concatenate([on[:2].ravel(), on[: 3 * len(on) // 4, :2].ravel(), on[: 3 * len(on) // 4, -2:].ravel()])
    if float(on.mean()) < LEAST or float(rim.mean()) < RIM:
        return None
    level = (_terms(h, w) @ coefficients).astype(np.float32)
    rest = (np.log2(pixels) - level).astype(np.float64)
    soft = cv2.GaussianBlur(rest.astype(np.float32), (0, 0), 1.5 * max(h, w) / 1000).astype(np.float64)
    edge = np.max([np.hypot(*np.gradient(soft[..., c])) for c in range(3)], axis=0) * max(h, w) / 1000
    border = np.zeros((h, w), np.bool_)
    border[:2], border[:, :2], border[:, -2:] = True, True, True
    # Shadows are background too: darker, of hardly another colour, and without an edge of their own.
    ground = _reached((_like(soft, 0.30, 0.30, 0.12) | _like(soft, 2.2, 0.16, 0.22)) & (edge < EDGE), border)
    ground = cv2.morphologyEx(ground.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    return level, ground.astype(np.float32)


def _too_dark(found: tuple[Float, Float], to: str) -> bool:
    level, ground = found
    return to != "even" and float(np.log2(LEVELS[to]) - level[ground > 0.5].mean()) > FARTHEST


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Backdrop | None:
    strength, shadow, to = float(parameters["strength"]), float(parameters["shadow"]), str(parameters["to"])
    if strength <= 0.0:
        return None
    found = _background(overview)
    if found is None or _too_dark(found, to):
        return None
    level, ground = found
    wanted = np.empty_like(level)
    wanted[...] = level[ground > 0.5].mean(axis=0) if to == "even" else np.float32(np.log2(LEVELS[to]))
    radius = max(2, round(0.006 * max(ground.shape)))
    guide = np.sqrt(np.clip(overview.pixels, 0, 1.5)).astype(np.float32)
    matte = ColorGuide.of(guide, radius, 2e-4).fit(ground)
    planes = np.concatenate([matte, level, wanted], axis=-1).transpose(2, 0, 1)
    return Backdrop(np.ascontiguousarray(planes, np.float32), strength, shadow)


@jit
def _tile(
    tile: Float, planes: Float, strength: float, shadow: float, x0: int, y0: int, image_width: int, image_height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((10, tw), np.float32)
    rest = np.empty(3, np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            alpha = g[3, c]
            for k in range(3):
                alpha += g[k, c] * np.sqrt(min(max(tile[r, c, k], F0), single(1.5)))
            alpha = min(max((alpha - single(0.12)) * single(1 / 0.76), F0), F1)
            if alpha == F0:
                continue
            alpha *= strength
            light = F0
            for k in range(3):
                rest[k] = np.log2(max(tile[r, c, k], single(0.0005))) - g[4 + k, c]
                light += rest[k] * single(1 / 3)
            # A little under the surface is no shadow; from there on shadows keep their depth, without its colour.
            under = min(light + single(0.045), F0) if light < F0 else max(light - single(0.045), F0)
            for k in range(3):
                of_its_own = single(0.35) * (rest[k] - light) * min(abs(under) * single(4), F1)
                aim = np.exp2(g[7 + k, c] + shadow * (under + of_its_own))
                tile[r, c, k] += alpha * (aim - tile[r, c, k])


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        p: Backdrop = prepared
        place = (window.x, window.y, window.image_width, window.image_height)
        _tile(tile, p.planes, single(p.strength), single(p.shadow), *place)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    found, to = _background(overview), str(parameters["to"])
    if found is None:
        return ("backdrop: no even background that reaches the picture's edges is seen",)
    if _too_dark(found, to):
        return (f"backdrop: this background is too dark to become {to.replace('_', ' ')}; to=even makes it even",)
    return ()


BACKDROP = register(
    Operator(
        name="backdrop",
        version=1,
        family="studio",
        kind="layer",
        label=Label("Backdrop", "背景布"),
        doc="Makes an uneven studio background even and white, light grey or grey, or only even in its own colour. The"
        " subject stays, to the hair; shadows keep their depth by `shadow`. Default: all of it, white.",
        params=(
            Param("strength", 1.0, 0.0, 1.0, label=Label("Strength", "强度")),
            Param("to", "white", label=Label("Becomes", "变成"), choices=tuple(LEVELS)),
            Param("shadow", 1.0, 0.0, 1.0, label=Label("Shadow kept", "保留阴影")),
        ),
        prepare=_prepare,
        apply=_apply,
        advise=_advise,
        chromatic=False,
        blind=True,
    )
)
