"""A patch of sun on the land: light through one gap in the clouds, the rest in their shade."""

from __future__ import annotations

import math

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.light.common import beam_color, seen, small_scene, step
from fluxroom.operators.light.ground import unevenness
from fluxroom.operators.light.kernel import Lit, along_edges, apply, lit
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather.depth import log_distance
from fluxroom.scene import Float
from fluxroom.sky import maps


def _centre(where: Float, luma: Float, radius: float) -> tuple[float, float]:
    """Pixels: where the region is wide enough to take the patch, rather off the middle and not on what is darkest."""
    h, w = where.shape
    long = max(h, w)
    room = np.maximum(maps.blur(where, 0.5 * radius * long), 0)
    gx = (np.arange(w, dtype=np.float32)[None, :] + 0.5) / w
    gy = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    third = 0.7 + 0.3 * np.exp(-(((np.abs(gx - 0.5) - 0.17) / 0.12) ** 2))
    frame = np.clip(np.minimum(gx, 1 - gx) / 0.2, 0.1, 1) * np.clip(np.minimum(gy, 1 - gy) / 0.25, 0.1, 1)
    tone = 0.1 + 0.9 * step(0.02, 0.15, maps.blur(luma, 0.4 * radius * long))
    at = int(np.argmax(room**1.5 * third * frame * tone))
    return float(at % w), float(at // w)


def _facing(luma: Float, patch: Float) -> Float:
    """(h, w) how much of the sun each place takes, about 0.25 in gullies and 1.25 on what faces the light already.

    Relief is told by what is brighter and darker than its surroundings.
    """
    logs = np.log2(np.maximum(luma, np.float32(0.004)))
    relief = logs - maps.blur(logs, 0.035 * max(luma.shape))
    inside = patch > 0.3
    spread = float(relief[inside].std()) if inside.any() else 0.0
    return np.asarray(1 + 0.55 * min(1.0, spread / 0.2) * np.tanh(0.9 * relief / max(spread, 0.1)), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Lit | None:
    strength, size, shade = (float(parameters[n]) for n in ("strength", "size", "shade"))
    if strength <= 0.0:
        return None
    _, sky, luma = small_scene(overview)
    h, w = luma.shape
    if min(h, w) < 8:
        return None
    scene = overview.scene
    long = max(h, w)
    land = (1 - sky).astype(np.float32)
    logs, _ = log_distance(scene, w, h)
    dry = land * (1 - seen(scene, ("water",), luma))
    mask = maps.resize(np.ascontiguousarray(overview.mask, np.float32), w, h)
    asked = mask * land
    anywhere = float(asked.sum()) > 0.95 * float(land.sum()) or float(asked.mean()) < 0.005
    if anywhere:
        # Nobody said where: the middle distance, on dry land if there is any.
        asked = dry if float(dry.mean()) > 0.02 else land
        middle = np.float32(0.55 * float(logs[land > 0.5].max(initial=1.0)))
        where = asked * np.exp(-(((logs - middle) / 0.9) ** 2))
    else:
        # A mountain below the horizon is its reflection.
        foot = scene.horizon.y(0.5) + 0.06
        below = step(foot, foot + 0.06, (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h)
        where = asked * (1 - seen(scene, ("mountain",), luma) * below)
    cx, cy = _centre(np.ascontiguousarray(where, np.float32), luma, size)
    depth = float(logs[int(cy), int(cx)])
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    rough = unevenness(logs, seed)
    # On flat ground it is drawn out along the picture; a slope faces us.
    slope = float(np.clip(maps.blur(land, 0.01 * long)[max(0, int(cy - 0.1 * h)), int(cx)], 0, 1))
    high = size * (0.34 + 0.22 * (1 - slope))
    away = np.hypot((gx - cx) / (size * long), (gy - cy) / (high * long))
    # The gap has the ragged outline of clouds, and its neighbours let a little through.
    edge = 1 - step(0.35, 1.25, away - np.float32(0.42) * np.tanh(0.8 * rough))
    edge = np.maximum(edge, 0.35 * (1 - step(1.0, 2.4, away)) * step(0.9, 2.0, rough))
    # What stands nearer or farther is not in it, nor water or what lies well outside the region.
    same = np.exp(-((np.maximum(0, np.abs(logs - np.float32(depth)) - 0.25) / 0.5) ** 2))
    reach = np.clip(3 * maps.blur(asked, 0.02 * long), 0, 1)
    patch = maps.blur((edge * same * np.maximum(asked, dry * reach)).astype(np.float32), 0.002 * long)
    patch = patch * _facing(luma, patch)
    dim = maps.blur(step(0.7, 2.2, away), 0.01 * long) * (0.75 - 0.25 * land * np.tanh(rough))
    stops = strength * (1.9 * patch - shade * 1.5 * dim * (1 - patch) * (land + 0.3 * sky))
    a, b = along_edges(luma, stops.astype(np.float32), 0.005, 0.5)
    color = beam_color(overview, 0.2)
    limit = math.ceil(2 * strength)
    return lit(
        b, a, np.minimum(0.7 * strength * patch, 1.0).astype(np.float32), None, color, (-float(limit), float(limit))
    )


SUN_PATCH = register(
    Operator(
        name="sun_patch",
        version=1,
        family="light",
        kind="layer",
        label=Label("Patch of sun", "局部阳光"),
        doc="A patch of sunlight on the land, the rest a little in shade. Size: half its width. Shade: how dark the"
        " rest becomes. The region says where it falls. Default: 0.6.",
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=STRENGTH),
            Param("size", 0.22, 0.04, 0.5, "of the long side", Label("Size", "大小")),
            Param("shade", 0.5, 0.0, 1.0, label=Label("Shade", "周围阴影")),
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
        places=True,
    )
)
