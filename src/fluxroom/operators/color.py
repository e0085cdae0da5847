"""Colour: white balance by chromatic adaptation; hue, chroma and tints in Oklab."""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators import kernels
from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.tables import (
    Double,
    chroma_levels,
    hue_angles,
    light_levels,
    oklab_tables,
    smoothstep,
)
from fluxroom.scene import Float

D65_KELVIN = 6504.0
CAT16 = np.array([[0.401288, 0.650173, -0.051461], [-0.250268, 1.204414, 0.045854], [-0.002079, 0.048952, 0.953127]])
"""Cone responses for chromatic adaptation (Li et al. 2017)."""
REC2020_XYZ = np.array(
    [[0.6369580483, 0.1446169036, 0.1688809752], [0.2627002120, 0.6779980715, 0.0593017165],
     [0.0, 0.0280726930, 1.0609850577]]
)  # fmt: skip

BANDS = {
    "red": 27.0, "orange": 62.0, "yellow": 106.0, "green": 143.0,
    "aqua": 196.0, "blue": 255.0, "purple": 302.0, "magenta": 345.0,
}  # fmt: skip
"""Centres of the colour bands, Oklab hue in degrees."""
SKIN_HUE = 52.0


def planckian_uv(kelvin: float) -> tuple[float, float]:
    """CIE 1960 (u, v) of a black body (Krystek 1985; made for 1000..15000 K, smooth beyond)."""
    t = kelvin
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    return u, v


def adaptation(kelvin: float, tint: float = 0.0) -> Double:
    """Matrix on linear Rec.2020 that takes light of `kelvin` as white; D65 with no tint is the unit matrix.

    kelvin  of the light the photo is taken to be lit by: above 6504 makes the picture warmer
    tint    -1..1, + = magenta: moves the white 0.02 off the black-body line in (u, v)
    Neutral greys keep their luminance. CAT16 as a von Kries adaptation.
    """
    white = REC2020_XYZ.sum(axis=1)
    d = white[0] + 15 * white[1] + 3 * white[2]
    u65, v65 = 4 * white[0] / d, 6 * white[1] / d
    u, v = planckian_uv(kelvin)
    ud, vd = planckian_uv(D65_KELVIN)
    u1, v1 = planckian_uv(kelvin * 1.001)
    across = np.array([-(v1 - v), u1 - u])
    across /= np.hypot(*across)
    u += u65 - ud - 0.02 * tint * across[0]
    v += v65 - vd - 0.02 * tint * across[1]
    source = np.array([1.5 * u / v, 1.0, (2 - 0.5 * u) / v - 5])  # X, Y, Z at Y = 1
    gains = (CAT16 @ white) / np.maximum(CAT16 @ source, 1e-3)
    xyz = np.linalg.inv(CAT16) @ np.diag(gains) @ CAT16
    m = np.linalg.inv(REC2020_XYZ) @ xyz @ REC2020_XYZ
    return np.asarray(m / (np.array(LUMA) @ m.sum(axis=1)))


def _white_balance(overview: Overview, parameters: Parameters, seed: int) -> Any:
    temperature, tint, kelvin = (float(parameters[n]) for n in ("temperature", "tint", "kelvin"))
    if kelvin == 0:
        if temperature == 0 and tint == 0:
            return None
        kelvin = 1e6 / (1e6 / D65_KELVIN - 110 * temperature)
    return adaptation(min(max(kelvin, 1700.0), 25000.0), tint).astype(np.float32)


def _apply_matrix(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        kernels.matrix(tile, prepared)


def _apply_oklab(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        kernels.oklab_adjust(tile, *prepared)


def _hue_table(scale: Double, turn: Double | None = None, lightness: Double | None = None) -> Double:
    t = np.zeros_like(scale) if turn is None else np.radians(turn)
    light = np.zeros_like(scale) if lightness is None else lightness
    return np.stack([scale * np.cos(t), scale * np.sin(t), light], axis=-1)


def _saturation(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    flat = np.ones(kernels.HUE_SIZE)
    if a < 0:
        return oklab_tables(_hue_table(flat * (1 + a)))
    return oklab_tables(_hue_table(flat * (1 + a)), 1 / (1 + (chroma_levels() / 0.22) ** 2))


def _vibrance(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    off = np.abs(np.mod(hue_angles() - SKIN_HUE + 180, 360) - 180)
    skin = 1 - 0.65 * smoothstep(32, 10, off)
    weight = smoothstep(0.26, 0.02, chroma_levels())
    return oklab_tables(_hue_table(1 + (a * 1.1 if a > 0 else a * 0.9) * skin), weight)


def band_weight(band: str, hue: Double) -> Double:
    """1 at the band's centre, 0 at its neighbours' centres, smooth; the eight bands add up to 1 at any hue."""
    names = list(BANDS)
    i = names.index(band)
    centre = BANDS[band]
    left = np.mod(centre - BANDS[names[i - 1]], 360)
    right = np.mod(BANDS[names[(i + 1) % len(names)]] - centre, 360)
    off = np.mod(hue - centre + 180, 360) - 180
    return smoothstep(1, 0, np.where(off < 0, -off / left, off / right))


def _color_mixer(overview: Overview, parameters: Parameters, seed: int) -> Any:
    hue, saturation, light = (float(parameters[n]) for n in ("hue", "saturation", "luminance"))
    if hue == 0 and saturation == 0 and light == 0:
        return None
    weight = band_weight(str(parameters["hue_band"]), hue_angles())
    table = _hue_table(1 + weight * saturation, weight * 45 * hue, weight * light * 0.3)
    return oklab_tables(table, smoothstep(0.005, 0.06, chroma_levels()))


def _split_toning(overview: Overview, parameters: Parameters, seed: int) -> Any:
    shadow, highlight = float(parameters["shadow_saturation"]), float(parameters["highlight_saturation"])
    if shadow == 0 and highlight == 0:
        return None
    light = light_levels()
    middle = 0.55 - 0.25 * float(parameters["balance"])
    high = smoothstep(middle - 0.35, middle + 0.35, light)
    ends = smoothstep(0.0, 0.2, light) * smoothstep(1.0, 0.75, light)  # black and white stay clean
    out = np.zeros((len(light), 2))
    for weight, strength, degrees in (
        (1 - high, shadow, float(parameters["shadow_hue"])),
        (high, highlight, float(parameters["highlight_hue"])),
    ):
        angle = np.radians(degrees)
        out += (0.09 * strength * weight * ends)[:, None] * np.array([np.cos(angle), np.sin(angle)])
    return oklab_tables(light=out)


def _black_and_white(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    return None if a == 0 else oklab_tables(_hue_table(np.full(kernels.HUE_SIZE, 1 - a)))


def _color(name: str, en: str, zh: str, doc: str, params: tuple[Param, ...], prepare: Any, apply: Any) -> None:
    register(
        Operator(
            name=name,
            version=1,
            family="color",
            kind="color",
            label=Label(en, zh),
            doc=doc,
            params=params,
            prepare=prepare,
            apply=apply,
            blind=True,
        )
    )


def _signed(name: str, default: float, en: str, zh: str) -> Param:
    return Param(name, default, -1.0, 1.0, "", Label(en, zh))


def _hue(name: str, default: float, en: str, zh: str) -> Param:
    return Param(name, default, 0.0, 360.0, "degrees of Oklab hue", Label(en, zh))


def _share(name: str, default: float, en: str, zh: str) -> Param:
    return Param(name, default, 0.0, 1.0, "", Label(en, zh))


_color(
    "white_balance", "White balance", "白平衡",
    "The colour of the light that counts as white, by chromatic adaptation (CAT16). Temperature: + is warmer, in equal"
    " steps of mired. Tint: + is magenta, - is green. Kelvin, if not 0, replaces temperature: the light the photo is"
    " taken to be lit by; 6504 changes nothing, higher is warmer. Default: +0.2 warmer.",
    (
        _signed("temperature", 0.2, "Temperature", "色温"),
        _signed("tint", 0.0, "Tint", "色调"),
        Param("kelvin", 0.0, 0.0, 50000.0, "K", Label("Kelvin", "开尔文")),
    ),
    _white_balance, _apply_matrix,
)  # fmt: skip
_color(
    "saturation", "Saturation", "饱和度",
    "Colours stronger or weaker, evenly over all hues; what is already strong is raised less. -1 is grey."
    " Default: +0.2.",
    (_signed("amount", 0.2, "Amount", "数量"),), _saturation, _apply_oklab,
)  # fmt: skip
_color(
    "vibrance", "Vibrance", "自然饱和度",
    "Muted colours stronger or weaker; what is already saturated and the hues of skin change little. Default: +0.3.",
    (_signed("amount", 0.3, "Amount", "数量"),), _vibrance, _apply_oklab,
)  # fmt: skip
_color(
    "color_mixer", "Colour mixer", "混色器",
    "One range of hues, fading into its neighbours: its hue (+-1 turns by 45 degrees, + towards the next band in the"
    " order of the list), saturation and luminance. Greys stay. Default: blue, a little stronger.",
    (
        Param("hue_band", "blue", label=Label("Colour", "颜色"), choices=tuple(BANDS)),
        _signed("hue", 0.0, "Hue", "色相"),
        _signed("saturation", 0.2, "Saturation", "饱和度"),
        _signed("luminance", 0.0, "Luminance", "明亮度"),
    ),
    _color_mixer, _apply_oklab,
)  # fmt: skip
_color(
    "split_toning", "Split toning", "分离色调",
    "One tint in the shadows, another in the highlights; lightness stays, black and white stay clean."
    " Default: teal shadows, orange highlights.",
    (
        _hue("shadow_hue", 220.0, "Shadow hue", "阴影色相"),
        _share("shadow_saturation", 0.25, "Shadow saturation", "阴影饱和度"),
        _hue("highlight_hue", 65.0, "Highlight hue", "高光色相"),
        _share("highlight_saturation", 0.25, "Highlight saturation", "高光饱和度"),
        _signed("balance", 0.0, "Balance", "平衡"),
    ),
    _split_toning, _apply_oklab,
)  # fmt: skip
_color(
    "black_and_white", "Black and white", "黑白",
    "Greys of the same lightness (Oklab), or part of the way there. Default: 1, all grey.",
    (_share("amount", 1.0, "Amount", "数量"),), _black_and_white, _apply_oklab,
)  # fmt: skip
