"""Rim light: the edges of what stands before something farther, on the side of the light, shine."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.light.common import LIVING, beam_color, light_place, moved, seen, small_scene, step, toward
from fluxroom.operators.light.kernel import Lit, along_edges, apply, lit
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather.depth import log_distance
from fluxroom.scene import Float
from fluxroom.sky import maps

SOLID = (*LIVING, "object", "building", "trees", "vegetation", "rock", "mountain")
STEPS = (0.15, 0.3, 0.5, 0.75, 1.0)


def _thickness(solid: Float, living: Float, near: Float) -> Float:
    """(h, w) pixels: half of how thick the thing is that a pixel belongs to."""
    jump = cv2.morphologyEx(near, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0.4
    edge = cv2.morphologyEx(living, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0.5
    inside = ((solid > 0.5) & ~jump & ~edge).astype(np.uint8)
    deep = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32)
    reach = max(3, round(0.02 * max(solid.shape))) | 1
    wide = cv2.dilate(deep, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return maps.blur(np.asarray(wide, np.float32), 0.003 * max(solid.shape))


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Lit | None:
    strength, width = float(parameters["strength"]), float(parameters["width"])
    if strength <= 0.0:
        return None
    small, sky, luma = small_scene(overview, 1024)
    h, w = luma.shape
    if min(h, w) < 8:
        return None
    scene = overview.scene
    near, _ = log_distance(scene, w, h)
    solid = seen(scene, SOLID, luma) * (1 - sky)
    living = seen(scene, LIVING, luma)
    # What lives is told from its surroundings by its mask, the rest by what lies farther behind.
    dx, dy = toward(light_place(overview), luma)
    rim = np.zeros_like(luma)
    # Thin things have thin rims.
    span = np.minimum(np.float32(width * max(h, w)), np.float32(0.55) * _thickness(solid, living, near) + 1)
    dx, dy = dx * span, dy * span
    for share in STEPS:
        at = (dx * np.float32(share), dy * np.float32(share))
        behind, other, open_sky = moved(near, *at), moved(living, *at), moved(sky, *at)
        drop = step(0.25, 0.9, behind - near) * (0.5 + 0.5 * open_sky)
        rim += np.maximum(drop, living * np.clip(living - other, 0, 1)) / len(STEPS)
    # An outline that cannot be seen in the photo is a mistake of the mask.
    looks = maps.blur(np.sqrt(np.clip(small, 0, 1)), 0.002 * max(h, w))
    change = sum(np.abs(moved(np.ascontiguousarray(looks[..., k]), dx, dy) - looks[..., k]) for k in range(3))
    far = seen(scene, ("mountain",), luma)
    rim = (
        rim**0.75 * solid * (0.75 + 0.25 * living) * (1 - 0.4 * far) * step(0.10, 0.45, np.asarray(change, np.float32))
    )
    rim = maps.blur(rim.astype(np.float32), 0.0008 * max(h, w))
    stops = np.float32(3.8 * strength) * rim
    slope, base = along_edges(luma, stops, 0.004, 0.25)
    # Dark fur and bark have little light to strengthen: some is laid on.
    dark = 1 - step(0.02, 0.25, maps.blur(luma, 0.004 * max(h, w)))
    added = np.float32(0.85 * strength) * rim * (1 - sky) * (0.25 + 0.75 * dark)
    color = beam_color(overview, 0.25)
    return lit(base, slope, np.float32(0.8) * np.clip(rim, 0, 1), added, color, (0.0, 3.8 * strength))


RIM_LIGHT = register(
    Operator(
        name="rim_light",
        version=1,
        family="light",
        kind="layer",
        label=Label("Rim light", "轮廓光"),
        doc="Edges of people, animals, trees and ridges before something farther shine on the light's side."
        " Width: of the rim. Default: 0.5.",
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("width", 0.02, 0.003, 0.04, "of the long side", Label("Width", "宽度")),
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
    )
)
