"""Film stocks: the curves and colours of seven classic films, by their character."""

from __future__ import annotations

from typing import Any

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.looks import emulsion
from fluxroom.operators.looks.emulsion import Emulsion
from fluxroom.scene import Float

STOCKS = {
    # after Kodak Portra 400: long shoulder, soft toe, warm skin, quiet greens
    "portrait_negative": Emulsion(
        curve=((0, 0.022), (0.12, 0.125), (0.35, 0.37), (0.6, 0.635), (0.82, 0.835), (1, 0.965)),
        shadows=(-0.004, 0.004, 0.008), middle=(0.012, 0.003, -0.012), highlights=(0.006, 0.0, -0.022),
        coupling=-0.03, depth=0.02,
        bands=(("green", -9, 0.82, 0.0), ("yellow", -5, 0.9, 0.0), ("blue", -8, 0.85, 0.02), ("aqua", 0, 0.85, 0.01),
               ("orange", 2, 1.04, 0.015), ("magenta", 4, 0.9, 0.0)),
    ),
    # after Fujifilm Velvia 50: steep, deep blacks, the strongest colours, blues towards violet
    "vivid_slide": Emulsion(
        curve=((0, 0), (0.1, 0.062), (0.25, 0.208), (0.5, 0.515), (0.75, 0.808), (0.9, 0.94), (1, 0.993)),
        shadows=(0.002, -0.003, 0.008), middle=(0.006, -0.003, 0.004), highlights=(0.002, 0.0, -0.004),
        coupling=0.085, depth=0.075,
        bands=(("green", 5, 1.14, -0.015), ("yellow", 3, 1.08, 0.0), ("blue", 2, 1.06, -0.03), ("red", -3, 1.1, 0.0),
               ("magenta", 0, 1.08, 0.0), ("orange", 0, 1.05, 0.0)),
    ),
    # after Fujifilm Provia 100F and Kodak Ektachrome E100: clean, a little cool, true colours
    "fine_slide": Emulsion(
        curve=((0, 0), (0.1, 0.082), (0.25, 0.235), (0.5, 0.52), (0.75, 0.79), (0.9, 0.92), (1, 0.985)),
        shadows=(-0.008, -0.001, 0.014), middle=(-0.006, 0.0, 0.008), highlights=(-0.004, 0.001, 0.002),
        coupling=0.045, depth=0.03,
        bands=(("blue", -3, 1.06, -0.01), ("green", 3, 1.02, 0.0), ("aqua", 3, 1.05, 0.0)),
    ),
    # after Kodak Gold 200: golden highlights, warm middle, reds and yellows forward, greenish shadows
    "consumer_negative": Emulsion(
        curve=((0, 0.025), (0.12, 0.118), (0.3, 0.3), (0.55, 0.59), (0.8, 0.84), (1, 0.972)),
        shadows=(-0.006, 0.01, -0.006), middle=(0.024, 0.008, -0.03), highlights=(0.012, 0.0, -0.042),
        coupling=0.035, depth=0.04,
        bands=(("green", -9, 0.92, 0.0), ("yellow", -5, 1.08, 0.01), ("red", 5, 1.08, 0.0), ("blue", -9, 0.86, 0.0),
               ("aqua", -4, 0.88, 0.0)),
    ),
    # after Kodachrome 64: crisp, dense, brick reds, warm lights, deep cyan skies
    "classic_slide": Emulsion(
        curve=((0, 0.004), (0.1, 0.066), (0.25, 0.21), (0.5, 0.5), (0.75, 0.79), (0.9, 0.925), (1, 0.985)),
        shadows=(0.006, -0.004, -0.002), middle=(0.014, 0.002, -0.012), highlights=(0.006, 0.0, -0.022),
        coupling=0.055, depth=0.09,
        bands=(("red", 4, 1.12, -0.03), ("orange", -3, 1.06, 0.0), ("green", -4, 0.82, -0.02),
               ("blue", -9, 1.04, -0.03), ("yellow", -6, 1.0, 0.0), ("aqua", 4, 0.95, 0.0)),
    ),
    # after Kodak Vision3 500T in daylight, half corrected: low contrast, teal shadows, warm lights
    "tungsten_cinema": Emulsion(
        curve=((0, 0.03), (0.12, 0.12), (0.35, 0.345), (0.6, 0.605), (0.82, 0.81), (1, 0.95)),
        shadows=(-0.018, 0.001, 0.024), middle=(-0.016, 0.001, 0.014), highlights=(0.012, 0.0, -0.024),
        coupling=-0.02, depth=0.035,
        bands=(("green", 6, 0.78, -0.02), ("yellow", -8, 0.86, 0.0), ("blue", -9, 0.9, 0.0), ("red", 5, 1.08, 0.0),
               ("purple", -10, 0.8, 0.0), ("magenta", 8, 0.85, 0.0)),
    ),
    # after Kodak Tri-X 400: panchromatic, strong middle, open shadows, bright clouds
    "classic_mono": Emulsion(
        curve=((0, 0.012), (0.1, 0.078), (0.25, 0.21), (0.5, 0.515), (0.75, 0.815), (0.9, 0.935), (1, 0.985)),
        weights=(0.40, 0.46, 0.14),
    ),
}  # fmt: skip


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    return emulsion.prepare(STOCKS[str(parameters["stock"])], float(parameters["strength"]))


def apply_emulsion(tile: Float, window: Window, prepared: Any) -> None:
    emulsion.apply(tile, prepared)


FILM_STOCK = register(
    Operator(
        name="film_stock",
        version=1,
        family="looks",
        kind="color",
        label=Label("Film stock", "胶片型号"),
        doc="The tones and colours of a kind of film: portrait_negative (after Kodak Portra 400), vivid_slide (after"
        " Fujifilm Velvia 50), fine_slide (after Provia 100F, Ektachrome E100), consumer_negative (after Kodak Gold"
        " 200), classic_slide (after Kodachrome 64), tungsten_cinema (after Kodak Vision3 500T), classic_mono (after"
        " Kodak Tri-X 400). Without grain. Default: portrait_negative at 0.8.",
        params=(
            Param("stock", "portrait_negative", label=Label("Film", "胶片"), choices=tuple(STOCKS)),
            Param("strength", 0.8, 0.0, 1.0, "", Label("Strength", "强度")),
        ),
        prepare=_prepare,
        apply=apply_emulsion,
        blind=True,
    )
)
