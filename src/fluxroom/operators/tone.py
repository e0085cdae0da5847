"""Tone: how bright, and how bright against the rest. All keep hue: they multiply a pixel by one gain."""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators import kernels
from fluxroom.operators.burnt import apply_held, find_burnt
from fluxroom.operators.declare import Apply, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.tables import GAMMA, Double, base_layer, base_levels, gain_table, key, smoothstep
from fluxroom.scene import Float

MIDDLE_GREY = 0.18


def apply_curve(tile: Float, window: Window, prepared: Any) -> None:
    """Run `kernels.curve`; prepared is None (change nothing) or (gains, lift)."""
    if prepared is not None:
        kernels.curve(tile, prepared[0], np.float32(prepared[1]))


def apply_layer(tile: Float, window: Window, prepared: Any) -> None:
    """Run `kernels.layer_tone`; prepared is None (change nothing) or (ab, tone, detail, core, limit)."""
    if prepared is not None:
        ab, tone, detail, core, limit = prepared
        kernels.layer_tone(
            tile, window.x, window.y, window.image_width, window.image_height, ab, tone, detail,
            np.float32(core), np.float32(limit),
        )  # fmt: skip


def amount(default: float) -> Param:
    return Param("amount", default, -1.0, 1.0, "", Label("Amount", "数量"))


def _exposure(overview: Overview, parameters: Parameters, seed: int) -> Any:
    stops = float(parameters["stops"])
    if stops == 0:
        return None
    gain = 2.0**stops
    n = np.linspace(0, np.sqrt(kernels.CURVE_TOP), kernels.CURVE_SIZE) ** 2
    # Brighter: white stays white, and bright clouds keep over half of their relief on the way there.
    shoulder = np.sqrt(1 + max(gain**2 - 1, 0) * np.minimum(n, 1) ** 2)
    # Darker: what is near white stays luminous instead of turning into a flat grey.
    held = 0.75 * np.tanh(0.8 * max(-stops, 0.0)) * smoothstep(0.5, 1.0, n)
    return (gain / shoulder * 2.0**held).astype(np.float32), 0.0


def _contrast(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    grey = np.sqrt(MIDDLE_GREY * np.clip(key(overview), 0.06, 0.4))
    pivot = grey ** (1 / GAMMA)

    def shape(x: Double) -> Double:
        inside = np.clip(x, 1e-6, 1 - 1e-6)
        odds = np.log(inside / (1 - inside)) - np.log(pivot / (1 - pivot))
        s = 1 / (1 + np.exp(-1.6 * odds) * (1 - pivot) / pivot)
        return np.where(x < 1, x + a * (s - x) * 0.95, x)

    return gain_table(shape), 0.0


def _whites(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    return gain_table(lambda x: x * (1 + 0.2 * a * np.minimum(x, 1) ** 3)), 0.0


def _blacks(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    depth = 0.7 if a > 0 else 0.9
    lift = 0.006 * max(a, 0.0)
    return gain_table(lambda x: x * (1 + depth * a * np.maximum(1 - x, 0) ** 6)), lift


def _highlights(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    base = base_levels()
    if a > 0:
        tone = 0.8 * a * smoothstep(-2.8, 0.0, base)
        return (base_layer(overview, 0.025, 0.6), tone.astype(np.float32), _still(), 0.0, 1.0), None
    # White itself comes down half as far: it must stay light. What it has of detail grows meanwhile.
    tone = 0.95 * a * smoothstep(-2.8, -0.7, base) * (1 - 0.55 * smoothstep(-0.9, 0.0, base))
    detail = -0.35 * a * smoothstep(-2.0, -0.4, base)
    layer = base_layer(overview, 0.025, 0.6), tone.astype(np.float32), detail.astype(np.float32), 0.01, 1.0
    return layer, find_burnt(overview)


def _shadows(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    base = base_levels()
    weight = smoothstep(-1.2, -5.5, base) * (1 - 0.5 * smoothstep(-7.0, -11.0, base))
    tone = a * (1.9 if a > 0 else 1.6) * weight
    return base_layer(overview, 0.025, 0.6), tone.astype(np.float32), _still(), 0.0, 1.0


def _still() -> Float:
    return np.zeros(kernels.LOG_SIZE, np.float32)


def monotone_cubic(xs: Double, ys: Double, x: Double) -> Double:
    """Cubic through the points that never overshoots (Fritsch & Carlson 1980); ends go on straight."""
    d = np.diff(ys) / np.diff(xs)
    m = np.empty_like(ys)
    m[0], m[-1] = d[0], d[-1]
    m[1:-1] = np.where(d[:-1] * d[1:] > 0, 2 * d[:-1] * d[1:] / np.where(d[:-1] + d[1:] == 0, 1, d[:-1] + d[1:]), 0)
    i = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
    width = xs[i + 1] - xs[i]
    t = (x - xs[i]) / width
    inside = (
        ys[i] * (1 + 2 * t) * (1 - t) ** 2
        + width * m[i] * t * (1 - t) ** 2
        + ys[i + 1] * t * t * (3 - 2 * t)
        + width * m[i + 1] * t * t * (t - 1)
    )
    after = ys[-1] + m[-1] * (x - xs[-1])
    return np.where(x > xs[-1], after, inside)


def _tone_curve(overview: Overview, parameters: Parameters, seed: int) -> Any:
    names = ("black", "shadows", "midtones", "highlights", "white")
    moves = np.array([float(parameters[n]) for n in names])
    if not moves.any():
        return None
    xs = np.linspace(0, 1, 5)
    ys = xs + moves * np.array([0.15, 0.14, 0.16, 0.14, 0.2])
    for i in range(1, 5):
        ys[i] = max(ys[i], ys[i - 1] + 0.01)
    lift = max(float(ys[0]), 0.0) ** GAMMA
    return gain_table(lambda x: np.maximum(monotone_cubic(xs, ys, x), 0), lift), lift


def _tone(
    name: str, en: str, zh: str, doc: str, params: tuple[Param, ...], prepare: Any, apply: Apply = apply_curve
) -> None:  # fmt: skip
    register(
        Operator(
            name=name,
            version=1,
            family="tone",
            kind="color" if apply is apply_curve else "layer",
            label=Label(en, zh),
            doc=doc,
            params=params,
            prepare=prepare,
            apply=apply,
            chromatic=False,
            blind=True,
        )
    )


_tone(
    "exposure", "Exposure", "曝光",
    "Brighter or darker by so many stops, as if exposed longer or shorter. Brightening rolls off towards white"
    " instead of clipping. Default: +0.5 EV.",
    (Param("stops", 0.5, -5.0, 5.0, "EV", Label("Stops", "档数")),), _exposure,
)  # fmt: skip
_tone(
    "contrast", "Contrast", "对比度",
    "An S-curve about middle grey, shifted halfway to the picture's own mean brightness; black and white stay."
    " Negative flattens. Default: +0.3.",
    (amount(0.3),), _contrast,
)  # fmt: skip
_tone(
    "highlights", "Highlights", "高光",
    "Bright areas up or down by up to one EV; detail inside them is kept (edge-aware) and white stays light; what"
    " is burnt out over some width stays white, warm where the light is. Default: -0.5, which recovers.",
    (amount(-0.5),), _highlights, apply_held,
)  # fmt: skip
_tone(
    "shadows", "Shadows", "阴影",
    "Dark areas up or down by up to two EV; detail inside them is kept (edge-aware). Default: +0.5, which opens them.",
    (amount(0.5),), _shadows, apply_layer,
)  # fmt: skip
_tone(
    "whites", "Whites", "白色色阶",
    "Where white begins: positive pushes the brightest tones to white, negative dims them. Default: +0.3.",
    (amount(0.3),), _whites,
)  # fmt: skip
_tone(
    "blacks", "Blacks", "黑色色阶",
    "Where black begins: negative deepens the darkest tones, positive lifts them. Default: -0.3.",
    (amount(-0.3),), _blacks,
)  # fmt: skip
_tone(
    "tone_curve", "Tone curve", "色调曲线",
    "A smooth curve that never folds back, by five points at display brightness 0, 1/4, 1/2, 3/4 and 1; each moves"
    " by up to 0.14 to 0.2 of the range. A raised black is a matte fade. Default: a gentle S.",
    (
        Param("black", 0.0, -1.0, 1.0, "", Label("Black point", "黑点")),
        Param("shadows", -0.2, -1.0, 1.0, "", Label("Shadows", "阴影")),
        Param("midtones", 0.0, -1.0, 1.0, "", Label("Midtones", "中间调")),
        Param("highlights", 0.2, -1.0, 1.0, "", Label("Highlights", "高光")),
        Param("white", 0.0, -1.0, 1.0, "", Label("White point", "白点")),
    ),
    _tone_curve,
)  # fmt: skip
