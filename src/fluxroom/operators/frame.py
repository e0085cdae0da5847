"""Framing: straighten, crop, mirror. Carried out after all else, whatever their place in the recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.photo.framing import Framing, cropped, straightened
from fluxroom.scene import Float

SURE = 0.5
"""From this confidence on the horizon's slope is believed."""
LARGEST = 12.0
"""A horizon is never straightened by more than so many degrees: a steeper line is a slope."""
Change = Callable[[Framing], Framing]


def _nothing(tile: Float, window: Window, prepared: Any) -> None:
    """Pixels stay; see `render.engine`."""


def _straighten(overview: Overview, parameters: Parameters, seed: int) -> Change | None:
    share, turn = float(parameters["amount"]), float(parameters["turn"])
    scene = overview.scene
    angle = scene.horizon.angle(scene.width, scene.height)
    known = max(scene.horizon.confidence, scene.horizon.angle_confidence)
    sure = known >= SURE and abs(angle) <= LARGEST
    degrees = turn if turn != 0 else (-share * angle if sure else 0.0)
    if abs(degrees) < 0.02:
        return None
    return lambda framing: straightened(framing, degrees, scene.width, scene.height)


def _crop(overview: Overview, parameters: Parameters, seed: int) -> Change | None:
    share, aspect, zoom = (float(parameters[n]) for n in ("amount", "aspect", "zoom"))
    x, y = float(parameters["x"]), float(parameters["y"])
    scene = overview.scene
    now = scene.width / scene.height
    wanted = now if aspect == 0 else now * (aspect / now) ** share
    zoom = 1 + share * (zoom - 1)
    if share == 0 or (abs(wanted / now - 1) < 1e-4 and zoom <= 1):
        return None
    if x < 0 or y < 0:
        found = _best(weight(overview), wanted, zoom, now)
        x, y = found[0] if x < 0 else x, found[1] if y < 0 else y
    return lambda framing: cropped(framing, wanted, zoom, x, y, scene.width, scene.height)


def weight(overview: Overview) -> Float:
    """(h, w) how much one would miss each place: people, animals and buildings most, then what has contrast."""
    light = np.sqrt(np.maximum(overview.pixels, 0)).mean(-1)
    soft = cv2.GaussianBlur(light, (0, 0), 0.01 * max(light.shape))
    weight = np.abs(light - soft)
    weight = weight / max(1e-6, float(weight.mean())) + 0.15
    for name, more in (("person", 6.0), ("animal", 6.0), ("building", 1.5), ("object", 1.0)):
        mask = overview.scene.regions.get(name)
        if mask is not None and mask.shape == weight.shape and 0.0005 < float(mask.mean()) < 0.5:
            weight = weight + more * mask
    return np.asarray(weight, np.float32)


def _best(weight: Float, aspect: float, zoom: float, now: float) -> tuple[float, float]:
    """Centre of the part of that aspect that holds most, drawn a little to the middle."""
    h, w = weight.shape
    wide, high = (1.0, now / aspect) if aspect > now else (aspect / now, 1.0)
    bw, bh = max(1, round(wide / zoom * w)), max(1, round(high / zoom * h))
    total = cv2.boxFilter(weight, -1, (bw, bh), normalize=True, borderType=cv2.BORDER_CONSTANT)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    x, y = (x + 0.5) / w, (y + 0.5) / h
    fits = (x * w >= bw / 2 - 0.5) & (x * w <= w - bw / 2 + 0.5) & (y * h >= bh / 2 - 0.5) & (y * h <= h - bh / 2 + 0.5)
    score = np.where(fits, total / max(1e-6, float(weight.mean())) - 0.25 * np.hypot(x - 0.5, y - 0.5), -np.inf)
    at = int(np.argmax(score))
    return float(x.ravel()[at]), float(y.ravel()[at])


def _flip(overview: Overview, parameters: Parameters, seed: int) -> Change | None:
    if float(parameters["amount"]) < 0.5:
        return None
    across = parameters["axis"] == "horizontal"

    def change(f: Framing) -> Framing:
        mirrored, upended = f.mirrored ^ across, f.upended ^ (not across)
        return Framing(f.x, f.y, f.width, f.height, f.turn, mirrored, upended)

    return change


_AMOUNT = Param("amount", 1.0, 0.0, 1.0, "", Label("Amount", "程度"))


def _frame(name: str, en: str, zh: str, doc: str, params: tuple[Param, ...], prepare: Any, blind: bool = False) -> None:
    register(
        Operator(
            name=name,
            version=1,
            family="frame",
            kind="frame",
            label=Label(en, zh),
            doc=doc,
            params=params,
            prepare=prepare,
            apply=_nothing,
            chromatic=False,
            blind=blind,
        )
    )


_frame(
    "straighten", "Straighten", "拉直",
    "Turns the picture until its horizon (or upright edges) stand level, if that is seen surely and within 12 degrees,"
    " and shows the largest part without corners from outside. `turn`, if not 0, is taken instead: degrees clockwise.",
    (_AMOUNT, Param("turn", 0.0, -45.0, 45.0, "degrees", Label("Turn", "旋转"))), _straighten,
)  # fmt: skip
_frame(
    "crop", "Crop", "裁剪",
    "Shows a part of the picture, of an aspect (width by height; 0 as it is) and `zoom` times nearer, about x, y; -1"
    " finds the part that one would miss most. Code values stay as they are.",
    (
        _AMOUNT,
        Param("aspect", 0.0, 0.0, 10.0, "", Label("Aspect", "宽高比")),
        Param("zoom", 1.0, 1.0, 8.0, "", Label("Zoom", "放大")),
        Param("x", -1.0, -1.0, 1.0, "of the width", Label("Place across", "水平位置")),
        Param("y", -1.0, -1.0, 1.0, "of the height", Label("Place down", "垂直位置")),
    ),
    _crop,
)  # fmt: skip
_frame(
    "flip", "Mirror", "镜像",
    "Left and right, or top and bottom, change places. Code values stay as they are.",
    (_AMOUNT, Param("axis", "horizontal", choices=("horizontal", "vertical"), label=Label("Axis", "方向"))),
    _flip, True,
)  # fmt: skip
