"""Dodge and burn: the light that is there, strengthened at the scale of forms.

As under the enlarger (Adams, The Print, 1983, ch. 5): what the light falls on is held back, what lies in shade is
given more, along the forms and never across their edges. The forms are a band between two edge-preserving bases of
log luminance (Farbman, Fattal, Lischinski & Szeliski 2008, with the guided filter in place of their solver).
"""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.guided import fit_self
from fluxroom.operators.light.common import beam_color, light_place, seen, small_scene, within
from fluxroom.operators.light.kernel import Lit, along_edges, apply, lit
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.scene import Float
from fluxroom.sky import maps


def form_base(logs: Float, share: float, eps: float) -> Float:
    a, b = fit_self(logs, max(1, round(share * max(logs.shape))), eps)
    return np.asarray(a * logs + b, np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Lit | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    _, sky, luma = small_scene(overview)
    h, w = luma.shape
    if min(h, w) < 8:
        return None
    scene = overview.scene
    logs = np.log2(np.maximum(luma, np.float32(1e-3)))
    land = 1 - sky
    long = max(h, w)
    # The sky is another scale of light: land is measured against land.
    wide, over = within(logs, land, 0.10 * long), within(logs, sky, 0.10 * long)
    against = wide + sky * (over - wide)
    form = form_base(logs, 0.012, 0.15) - against
    form = np.tanh(form / 1.1)
    # The side toward the light is dodged, the other burnt.
    place = light_place(overview)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    middle = (np.hypot(place.x * w - w / 2, place.y * h - h / 2)) / long
    side = np.clip((middle - np.hypot(place.x * w - gx, place.y * h - gy) / long) / 0.8, -0.5, 0.5)
    calm = (1 - 0.55 * sky) * (1 - 0.5 * seen(scene, ("person",), luma))
    stops = strength * (np.where(form > 0, 0.85, 1.15) * form + 0.5 * side * land) * calm
    stops = stops.astype(np.float32)
    slope, base = along_edges(luma, stops, 0.012, 0.3)
    lean = np.clip(maps.blur(stops, 0.01 * long), -1, 1) * np.float32(0.35)
    color = beam_color(overview, 0.16)
    return lit(base, slope, lean.astype(np.float32), None, color, (-1.3 * strength, strength))


DODGE_BURN = register(
    Operator(
        name="dodge_burn",
        version=1,
        family="light",
        kind="layer",
        label=Label("Dodge and burn", "顺光加减光"),
        doc="Forms that the light falls on are dodged, those in shade burnt, at the scale of forms and along edges."
        " Default: 0.5.",
        params=(Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),),
        prepare=_prepare,
        apply=apply,
        region="everything",
    )
)
