"""Skin of one tone: its hues drawn toward their own middle, red blotches and sallow shade alike, texture untouched.

Skin of all people lies in a narrow range of hues (Kakumanu, Makrogiannis & Bourbakis 2007, "A survey of skin-color
modeling and detection methods"); here that range in Oklab, within the region of people.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators import kernels
from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.fastmath import cbrt
from fluxroom.operators.kernels import FROM_LAB, FROM_LMS, TO_LAB, TO_LMS
from fluxroom.operators.sky.common import F0, F1, single
from fluxroom.scene import Float
from fluxroom.sky._jit import jit

HUES = (18.0, 95.0)
PALEST, FULLEST, TOO_FULL = 0.03, 0.21, 0.29
"""Chroma over lightness: of the palest skin, of the fullest, and from where on it is paint or cloth."""
DARKEST = 0.25
"""Oklab lightness below which hue is not told."""
LEAST = 0.002
"""Share of the frame that must be skin."""
DRAWN = 0.8
"""How far hues are drawn to the middle at full strength."""
NEAR, FAR = 16.0, 34.0
"""Degrees from the middle up to which all of a hue is drawn, and from which on nothing."""
REDNESS = 14.0
"""Degrees of hue by which `redness` turns."""


def skin(pixels: Float, mask: Float) -> tuple[float, float] | None:
    """(share of the frame, middle hue in degrees) of what is skin within a mask; None where hardly any is."""
    lms = np.cbrt(np.maximum(pixels.reshape(-1, 3).astype(np.float64) @ kernels.TO_LMS.T.astype(np.float64), 0))
    light, a, b = (lms @ kernels.TO_LAB.T.astype(np.float64)).T
    hue, full = np.mod(np.degrees(np.arctan2(b, a)), 360), np.hypot(a, b) / np.maximum(light, 1e-3)
    seen = (mask.ravel() > 0.5) & (light > DARKEST) & (hue > HUES[0]) & (hue < HUES[1])
    seen &= (full > PALEST) & (full < FULLEST)
    share = float(seen.mean())
    return None if share < LEAST else (share, float(np.median(hue[seen])))


@jit
def _tile(tile: Float, middle: float, drawn: float, turned: float) -> None:
    """In place. middle: hue in degrees; drawn: share of the way to it; turned: degrees more."""
    h, w, _ = tile.shape
    degrees, radians = single(180 / np.pi), single(np.pi / 180)
    for y in range(h):
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            p = cbrt(TO_LMS[0, 0] * r + TO_LMS[0, 1] * g + TO_LMS[0, 2] * b)
            q = cbrt(TO_LMS[1, 0] * r + TO_LMS[1, 1] * g + TO_LMS[1, 2] * b)
            s = cbrt(TO_LMS[2, 0] * r + TO_LMS[2, 1] * g + TO_LMS[2, 2] * b)
            light = TO_LAB[0, 0] * p + TO_LAB[0, 1] * q + TO_LAB[0, 2] * s
            aa = TO_LAB[1, 0] * p + TO_LAB[1, 1] * q + TO_LAB[1, 2] * s
            bb = TO_LAB[2, 0] * p + TO_LAB[2, 1] * q + TO_LAB[2, 2] * s
            if aa <= F0 and bb <= F0:
                continue
            full = np.sqrt(aa * aa + bb * bb) / max(light, single(1e-3))
            off = np.arctan2(bb, aa) * degrees - middle
            gate = min(max((single(FAR) - abs(off)) * single(1 / (FAR - NEAR)), F0), F1)
            gate *= min(max((single(TOO_FULL) - full) * single(1 / (TOO_FULL - FULLEST)), F0), F1)
            gate *= min(max((full - single(PALEST / 2)) * single(2 / PALEST), F0), F1)
            if gate == F0:
                continue
            turn = gate * gate * (single(3) - single(2) * gate) * (turned - drawn * off) * radians
            across, along = np.sin(turn), np.cos(turn)
            aa, bb = aa * along - bb * across, aa * across + bb * along
            p = FROM_LAB[0, 0] * light + FROM_LAB[0, 1] * aa + FROM_LAB[0, 2] * bb
            q = FROM_LAB[1, 0] * light + FROM_LAB[1, 1] * aa + FROM_LAB[1, 2] * bb
            s = FROM_LAB[2, 0] * light + FROM_LAB[2, 1] * aa + FROM_LAB[2, 2] * bb
            p, q, s = p * p * p, q * q * q, s * s * s
            for k in range(3):
                tile[y, x, k] = FROM_LMS[k, 0] * p + FROM_LMS[k, 1] * q + FROM_LMS[k, 2] * s


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> tuple[float, float, float] | None:
    strength, redness = float(parameters["strength"]), float(parameters["redness"])
    found = skin(overview.pixels, overview.mask) if strength > 0 or redness != 0 else None
    return None if found is None else (found[1], DRAWN * strength, -REDNESS * redness)


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        _tile(tile, *(single(v) for v in prepared))


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return () if skin(overview.pixels, overview.mask) else ("skin_tone: no skin is seen in this region",)


SKIN_TONE = register(
    Operator(
        name="skin_tone",
        version=1,
        family="photo_pro",
        kind="color",
        label=Label("Skin tone", "肤色"),
        doc="Evens the tone of skin: hues are drawn toward the middle of the photo's own skin, texture and light stay."
        " Redness: turns all of it toward red (+) or yellow (-). Default: 0.6.",
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=Label("Evenness", "均匀")),
            Param("redness", 0.0, -1.0, 1.0, label=Label("Redness", "红润")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="person",
        chromatic=False,
        advise=_advise,
    )
)
