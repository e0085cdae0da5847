"""Colour by a target in the photo: a colour checker of 24 patches, or a grey card."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators import kernels
from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.packs.studio.chart import find_chart, fit, reference
from fluxroom.recipe import Value
from fluxroom.scene import Float

Double = NDArray[np.float64]
CELLS = tuple(f"m{row}{column}" for row in range(3) for column in range(3))
GAINS = ("red", "green", "blue")
STRENGTH = Param("strength", 1.0, 0.0, 1.0, label=Label("Strength", "强度"))
NO_CHART = "no colour checker of 24 patches is seen; it must lie whole, flat and evenly lit in the picture"
NO_CARD = "grey_card: no grey card is seen; name where it is as the region, for example box(0.4 0.6 0.5 0.8)"


def measured_matrix(pixels: Float) -> Double | None:
    """The 3 x 3 matrix on linear Rec.2020 that takes the chart in a picture to what it should be, its middle greys as
    light as they are; None where no chart is seen."""
    chart = find_chart(pixels)
    if chart is None:
        return None
    matrix = fit(chart.measured, reference())
    luma = np.array(LUMA)
    greys = chart.measured[19:23].mean(axis=0)
    return np.asarray(matrix * float(luma @ greys) / float(luma @ matrix @ greys))


def parameters_of(pixels: Float) -> dict[str, Value] | None:
    """What `color_checker` measures in a picture, as its parameters; None where no chart is seen."""
    matrix = measured_matrix(pixels)
    return None if matrix is None else dict(zip(CELLS, (round(float(v), 6) for v in matrix.ravel()), strict=True))


def _matrix(overview: Overview, parameters: Parameters) -> Double | None:
    given = np.array([[float(parameters[f"m{row}{column}"]) for column in range(3)] for row in range(3)])
    return given if given.any() else measured_matrix(overview.pixels)


def _chart_prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength = float(parameters["strength"])
    matrix = _matrix(overview, parameters) if strength > 0 else None
    return None if matrix is None else (np.eye(3) + strength * (matrix - np.eye(3))).astype(np.float32)


def _chart_advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return (
        (f"color_checker: {NO_CHART}, or on another photo of the shoot (fluxroom looks calibrate)",)
        if _matrix(overview, parameters) is None
        else ()
    )


def card_gains(pixels: Float, where: Float) -> Double | None:
    """Gains of red, green and blue that make neutral what lies in `where` (h, w) 0..1, or, if that is everywhere, the
    card that is found; luminance stays. None where none is found."""
    picked = where > 0.5
    if not picked.any():
        return None
    if float(picked.mean()) > 0.5:
        card = _card(pixels)
        if card is None:
            return None
        colour = card
    else:
        colour = np.median(pixels[picked].astype(np.float64), axis=0)
    if colour.min() < 2e-3:
        return None
    return np.asarray(float(np.array(LUMA) @ colour) / colour)


def _card(pixels: Float) -> Double | None:
    """Colour of the largest even rectangle of no strong colour that is neither nearly white nor nearly black."""
    top = max(1e-4, float(np.percentile(pixels, 99.5)))
    shown = np.clip(pixels / top, 0, 1) ** (1 / 2.2)
    grey = cv2.medianBlur(np.round(shown.mean(axis=2) * 255).astype(np.uint8), 5)
    slope = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    even = cv2.morphologyEx((np.asarray(slope) < 8).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(even, connectivity=4)
    light = np.maximum(np.percentile(pixels.reshape(-1, 3), 98, axis=0), 1e-6)  # white patch (Land & McCann 1971)
    best: tuple[float, Double] | None = None
    for k in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[k])
        at_border = x == 0 or y == 0 or x + w == even.shape[1] or y + h == even.shape[0]
        if at_border or not 2e-3 < area / even.size < 0.25:
            continue
        outline, _ = cv2.findContours((labels == k).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        (_, _), (a, b), _ = cv2.minAreaRect(max(outline, key=len))
        colour = np.median(pixels[labels == k].astype(np.float64), axis=0)
        balanced = colour / light
        spread = float(balanced.max() / max(balanced.min(), 1e-6))
        bright = float(np.array(LUMA) @ colour) / top
        if area < 0.85 * (a + 1) * (b + 1) or max(a, b) > 2.5 * min(a, b) or spread > 1.6 or not 0.03 < bright < 0.8:
            continue
        score = area / spread**4
        if best is None or score > best[0]:
            best = (score, colour)
    return None if best is None else best[1]


def _gains(overview: Overview, parameters: Parameters) -> Double | None:
    given = np.array([float(parameters[name]) for name in GAINS])
    return given if given.all() else card_gains(overview.pixels, overview.mask)


def _card_prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength = float(parameters["strength"])
    gains = _gains(overview, parameters) if strength > 0 else None
    return None if gains is None else np.diag(1 + strength * (gains - 1)).astype(np.float32)


def _card_advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return (NO_CARD,) if _gains(overview, parameters) is None else ()


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        kernels.matrix(tile, prepared)


COLOR_CHECKER = register(
    Operator(
        name="color_checker",
        version=1,
        family="studio",
        kind="color",
        label=Label("Colour checker", "色卡校准"),
        doc="Takes the colours of the light and of the camera to those of a colour checker of 24 patches that lies in"
        " the photo, by a 3 x 3 matrix that keeps greys; brightness stays. m00 to m22: the matrix, where it was"
        " measured on another photo of the shoot; all 0: it is measured here. Default: all of it.",
        params=(STRENGTH, *(Param(cell, 0.0, -16.0, 16.0, label=Label(cell, cell)) for cell in CELLS)),
        prepare=_chart_prepare,
        apply=_apply,
        advise=_chart_advise,
    )
)
GREY_CARD = register(
    Operator(
        name="grey_card",
        version=1,
        family="studio",
        kind="color",
        label=Label("Grey card", "灰卡白平衡"),
        doc="White balance by a grey card in the photo, found or named as the region: what it shows becomes neutral, in"
        " the whole photo; brightness stays. red, green, blue: the gains, where they were measured on another photo; 0:"
        " measured here. Default: all of it.",
        params=(
            STRENGTH,
            Param("red", 0.0, 0.0, 16.0, label=Label("Red", "红")),
            Param("green", 0.0, 0.0, 16.0, label=Label("Green", "绿")),
            Param("blue", 0.0, 0.0, 16.0, label=Label("Blue", "蓝")),
        ),
        prepare=_card_prepare,
        apply=_apply,
        advise=_card_advise,
        places=True,
    )
)
