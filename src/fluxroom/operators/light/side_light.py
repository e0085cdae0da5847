"""Light from a side: the picture relit from the left, the right or above by guessed forms.

Nothing is known of the true shapes. What stands (people, animals, houses, trees, rocks) is blown up from its outline
(Johnston 2002, "Lumo: illumination for cel animation"); land and forms within take their slope from the light that is
there (linear shape from shading, Pentland 1990: a slope toward the light is the derivative of brightness along it).
Shades follow the photo's own edges. Across all of it the light falls off away from its side.
"""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.light.common import LIVING, beam_color, seen, small_scene
from fluxroom.operators.light.dodge_burn import form_base
from fluxroom.operators.light.kernel import Lit, along_edges, apply, lit
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.scene import Float
from fluxroom.sky import maps

STANDING = (*LIVING, "object", "building", "trees", "rock")
TOWARD = {"left": (-0.94, -0.34), "right": (0.94, -0.34), "above": (0.0, -1.0)}
"""Unit vectors to the light, x to the right, y down."""


def _rounded(solid: Float) -> tuple[Float, Float]:
    """Slopes (x, y) outward of what is blown up from its outline, within -1..1; 0 outside of it."""
    long = max(solid.shape)
    height = np.zeros_like(solid)
    for share in (0.006, 0.015, 0.04):
        height += maps.blur(solid, share * long)
    inside = np.asarray(cv2.distanceTransform((solid > 0.5).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    height = maps.blur(np.sqrt(inside / np.float32(0.06 * long)).astype(np.float32), 0.004 * long) + 0.3 * height
    gx = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=0.125) * np.float32(0.03 * long)
    gy = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=0.125) * np.float32(0.03 * long)
    return np.tanh(-1.5 * gx) * solid, np.tanh(-1.5 * gy) * solid


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Lit | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    _, sky, luma = small_scene(overview)
    h, w = luma.shape
    if min(h, w) < 8:
        return None
    scene = overview.scene
    lx, ly = TOWARD[str(parameters["side"])]
    long = max(h, w)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    across = lx * ((gx + 0.5) / w - 0.5) * 2 + ly * ((gy + 0.5) / h - 0.5) * (2 if lx == 0 else 0.8)
    solid = seen(scene, STANDING, luma) * (1 - sky)
    nx, ny = _rounded(np.ascontiguousarray(solid, np.float32))
    round_ = nx * lx + ny * ly
    logs = np.log2(np.maximum(luma, np.float32(2e-3)))
    form = maps.blur(form_base(logs, 0.008, 0.1), 0.004 * long)
    slope_x = cv2.Sobel(form, cv2.CV_32F, 1, 0, scale=0.125)
    slope_y = cv2.Sobel(form, cv2.CV_32F, 0, 1, scale=0.125)
    relief = np.tanh((slope_x * lx + slope_y * ly) * np.float32(-0.012 * long)) * (1 - sky)
    relief = maps.blur(relief.astype(np.float32), 0.004 * long)
    land = 1 - sky
    stops = strength * (1.35 * across * (0.35 + 0.65 * land) + 1.3 * round_ + 0.9 * relief)
    a, b = along_edges(luma, stops.astype(np.float32), 0.008, 0.25)
    tint = np.clip(maps.blur(stops.astype(np.float32), 0.01 * long), -0.8, 1) * np.float32(0.45)
    return lit(b, a, tint.astype(np.float32), None, beam_color(overview, 0.2), (-2.2 * strength, 1.9 * strength))


SIDE_LIGHT = register(
    Operator(
        name="side_light",
        version=1,
        family="light",
        kind="layer",
        label=Label("Light from a side", "侧光"),
        doc="The picture relit from the left, the right or above: light falls off across it, what stands is shaded by"
        " its guessed form. Default: 0.5.",
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("side", "left", label=Label("From", "方向"), choices=("left", "right", "above")),
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
    )
)
