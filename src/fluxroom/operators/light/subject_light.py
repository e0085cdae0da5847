"""The subject lit: people, animals or whatever stands out, brighter; what is around it a little darker."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.light.common import LIVING, beam_color, seen, small_scene, smooth, step
from fluxroom.operators.light.kernel import Lit, along_edges, apply, lit
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps

LEAST = 0.0015
"""Share of the frame from which on a region can be the subject."""


def subject(scene: Scene, small: Float, sky: Float) -> Float:
    """(h, w) 0..1: who or what the photo is of. People and animals first, then things, then houses, then what stands
    out from the frame's rim by its colour (Zhu, Liang, Wei & Sun 2014), else the middle."""
    like = small[..., 0]
    for names, most in ((LIVING, 0.85), (("object",), 0.5), (("building",), 0.5)):
        mask = seen(scene, names, like)
        if LEAST < float(mask.mean(dtype=np.float64)) < most:
            return mask
    return _standing_out(small, sky)


def _standing_out(small: Float, sky: Float) -> Float:
    h, w = sky.shape
    tiny = maps.shrink(np.cbrt(np.clip(small, 0, 1)).astype(np.float32), 128)
    th, tw = tiny.shape[:2]
    looks = maps.blur(tiny, 1.0)
    edge = max(1, round(0.06 * min(th, tw)))
    rim = np.ones((th, tw), bool)
    rim[edge:-edge, edge:-edge] = False
    # The colours of the rim: what is like none of them stands out.
    samples = looks[rim][:: max(1, int(rim.sum()) // 250)]
    nearest = np.full((th, tw), np.inf, np.float32)
    for sample in samples:
        nearest = np.minimum(nearest, ((looks - sample) ** 2).sum(-1))
    out = maps.resize(np.sqrt(nearest), w, h)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    middle = np.exp(-((((gx + 0.5) / w - 0.5) / 0.32) ** 2) - (((gy + 0.5) / h - 0.55) / 0.34) ** 2)
    out = maps.blur((out * middle * (1 - 0.8 * sky)).astype(np.float32), 0.012 * max(h, w))
    high = float(np.percentile(out, 99))
    found = step(0.35 * high, 0.85 * high, out) if high > 0.03 else np.zeros_like(out)
    if float(found.mean()) < 0.01:
        return np.asarray(middle**2, np.float32)
    return np.asarray(np.maximum(found, 0.25 * middle), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Lit | None:
    strength, around = float(parameters["strength"]), float(parameters["surroundings"])
    if strength <= 0.0:
        return None
    small, sky, luma = small_scene(overview)
    h, w = luma.shape
    if min(h, w) < 8:
        return None
    long = max(h, w)
    mask = subject(overview.scene, small, sky)
    size = float(np.sqrt(mask.mean(dtype=np.float64)))
    # Light falls on a place, not on a cut-out: it reaches a little around, and is gone farther off.
    pool = maps.blur(mask, (0.03 + 0.12 * size) * long)
    pool = np.clip(pool / max(1e-3, 0.75 * float(pool.max())), 0, 1)
    here = np.maximum(mask, 0.55 * pool * (1 - 0.9 * sky))
    level = float((luma * mask).sum(dtype=np.float64) / max(1e-6, float(mask.sum(dtype=np.float64))))
    # A bright subject needs no more light, but darker surroundings.
    lift = 1.4 * (1.0 - 0.75 * smooth(0.25, 0.65, level))
    off = 1 - np.clip(maps.blur(mask, 0.14 * long) * 2.2 + here, 0, 1)
    stops = strength * (lift * here - around * 1.5 * off * (1 - here) * (1 - 0.25 * sky))
    slope, base = along_edges(luma, stops.astype(np.float32), 0.012, 0.4)
    return lit(base, slope, (0.3 * strength * here).astype(np.float32), None, beam_color(overview, 0.12), (-1.5, 1.4))


SUBJECT_LIGHT = register(
    Operator(
        name="subject_light",
        version=1,
        family="light",
        kind="layer",
        label=Label("Subject light", "主体光"),
        doc="The subject brighter, its surroundings softly darker. Surroundings: how much darker. Default: 0.5.",
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("surroundings", 0.5, 0.0, 1.0, label=Label("Surroundings", "周围压暗")),
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
    )
)
