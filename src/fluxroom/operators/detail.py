"""Detail: local contrast at three sizes, haze, sharpness and noise."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from fluxroom.operators import kernels, neighbourhood
from fluxroom.operators.declare import Kind, Label, Operator, Overview, Param, Parameters, Window, no_halo, register
from fluxroom.operators.guided import fit_grey
from fluxroom.operators.tables import (
    base_layer,
    base_levels,
    log_luminance,
    luminance,
    photo_side,
    scale_of,
    smoothstep,
)
from fluxroom.operators.tone import amount, apply_layer
from fluxroom.scene import Float

NOISE_LEVELS = 4


def _clarity(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    base = base_levels()
    middle = smoothstep(-9.0, -5.0, base) * (0.35 + 0.65 * smoothstep(0.3, -1.5, base))
    detail = (a * (1.4 if a > 0 else 0.65) * middle).astype(np.float32)
    return base_layer(overview, 0.03, 0.7), np.zeros_like(detail), detail, 0.02, 1.0


def _texture(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    base = base_levels()
    detail = (a * (1.2 if a > 0 else 0.7) * smoothstep(-9.5, -5.5, base)).astype(np.float32)
    return base_layer(overview, 0.004, 0.35), np.zeros_like(detail), detail, 0.05, 0.6


def _dehaze(overview: Overview, parameters: Parameters, seed: int) -> Any:
    """He, Sun & Tang, "Single Image Haze Removal Using Dark Channel Prior", CVPR 2009; milder in the sky."""
    a = float(parameters["amount"])
    if a == 0:
        return None
    pixels = np.maximum(overview.pixels, 0)
    h, w = pixels.shape[:2]
    side = max(3, round(0.012 * max(h, w)) | 1)

    def darkest(picture: Float) -> Float:
        return np.asarray(cv2.erode(picture.min(axis=-1), np.ones((side, side), np.uint8)), np.float32)

    dark = darkest(pixels)
    haziest = np.argsort(dark, axis=None, kind="stable")[-max(1, dark.size // 500) :]
    air = pixels.reshape(-1, 3)[haziest].mean(axis=0, dtype=np.float64)
    air = np.clip(0.6 * air + 0.4 * air.mean(), 0.1, 0.95)
    haze = np.clip(darkest((pixels / air.astype(np.float32)).astype(np.float32)), 0, 1)
    if a > 0:
        sky = overview.scene.regions.get("sky")
        strength = np.full((h, w), 0.85 * a) if sky is None else 0.85 * a * (1 - 0.45 * sky)
        q = 1 / np.maximum(1 - strength * haze, 0.35)
    else:
        q = 1 + a * (0.03 + 0.6 * haze)
    radius = max(1, round(0.025 * max(h, w)))
    ab = np.stack(fit_grey(log_luminance(overview.pixels), q.astype(np.float32), radius, 0.3**2), axis=-1)
    low, high = (1.0, 2.6) if a > 0 else (0.2, 1.0)
    prepared = (ab, air.astype(np.float32), low, high)
    after = overview.pixels.copy()
    _apply_veil(after, Window(0, 0, w, h, w, h), (*prepared, 1.0))
    change = np.log2((luminance(after) + 0.01) / (luminance(overview.pixels) + 0.01)).mean(dtype=np.float64)
    return (*prepared, float(np.clip(2.0 ** (-0.5 * change), 1.0, 1.5)) if a > 0 else 1.0)


def _apply_veil(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        ab, air, low, high, gain = prepared
        kernels.veil(
            tile, window.x, window.y, window.image_width, window.image_height, ab, air,
            np.float32(low), np.float32(high), np.float32(gain),
        )  # fmt: skip


def gaussian_half(sigma: float) -> Float:
    """Half of a Gaussian kernel, from its centre on, cut at 3 sigma."""
    x = np.arange(math.ceil(3 * sigma) + 1)
    taps = np.exp(-0.5 * (x / sigma) ** 2)
    return np.asarray(taps / (2 * taps.sum() - taps[0]), np.float32)


def _sharpen(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength = float(parameters["amount"])
    return None if strength == 0 else (strength, float(parameters["radius"]), photo_side(overview.scene))


def _apply_sharpen(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    strength, radius, side = prepared
    sigma = radius * scale_of(window, side)
    if sigma >= 0.25:  # finer than that, a smaller picture does not show it
        neighbourhood.sharpen(
            tile, gaussian_half(sigma), np.float32(1.6 * strength), np.float32(0.008), np.float32(0.12)
        )


def _sharpen_halo(parameters: Parameters, long_side: int) -> int:
    return math.ceil(3 * float(parameters["radius"])) + 1


def _noise(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    luma = np.array([0.032, 0.016, 0.007, 0.003]) * a
    chroma = np.array([0.080, 0.050, 0.025, 0.012]) * a
    return luma.astype(np.float32), chroma.astype(np.float32), photo_side(overview.scene)


def _apply_noise(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    luma, chroma, side = prepared
    gone = max(0, round(-math.log2(scale_of(window, side))))  # levels finer than a smaller picture's pixels
    if gone < NOISE_LEVELS:
        steps = 2 ** np.arange(NOISE_LEVELS - gone)
        neighbourhood.denoise(tile, steps.astype(np.int64), luma[gone:].copy(), chroma[gone:].copy())


def _noise_halo(parameters: Parameters, long_side: int) -> int:
    return int(2 * (2**NOISE_LEVELS - 1))


def _detail(
    name: str, en: str, zh: str, doc: str, params: tuple[Param, ...], prepare: Any, apply: Any,
    kind: Kind, halo: Any = no_halo, chromatic: bool = False,
) -> None:  # fmt: skip
    register(
        Operator(
            name=name,
            version=1,
            family="detail",
            kind=kind,
            label=Label(en, zh),
            doc=doc,
            params=params,
            prepare=prepare,
            apply=apply,
            halo=halo,
            chromatic=chromatic,
            blind=name != "dehaze",  # which is milder in the sky
        )
    )


_detail(
    "clarity", "Clarity", "清晰度",
    "Local contrast of middle size, strongest in the midtones, without halos (guided-filter base and detail)."
    " Negative softens. Default: +0.3.",
    (amount(0.3),), _clarity, apply_layer, "layer",
)  # fmt: skip
_detail(
    "texture", "Texture", "纹理",
    "Fine detail such as bark, rock and hair; noise is left alone. Negative smooths. Default: +0.3.",
    (amount(0.3),), _texture, apply_layer, "layer",
)  # fmt: skip
_detail(
    "dehaze", "Dehaze", "去雾",
    "Takes away the veil of the air (dark channel prior), more where there is more of it, less in the sky."
    " Negative adds haze. Default: +0.3.",
    (amount(0.3),), _dehaze, _apply_veil, "layer", chromatic=True,
)  # fmt: skip
_detail(
    "sharpen", "Sharpen", "锐化",
    "Crisper edges at the size of the radius; faint differences, which are mostly noise, are left alone."
    " Default: 0.5 at 0.8 px.",
    (
        Param("amount", 0.5, 0.0, 2.0, "", Label("Amount", "数量")),
        Param("radius", 0.8, 0.3, 3.0, "px of the full-size photo", Label("Radius", "半径")),
    ),
    _sharpen, _apply_sharpen, "neighbourhood", _sharpen_halo,
)  # fmt: skip
_detail(
    "noise_reduction", "Noise reduction", "降噪",
    "Smooths away grain and, more strongly, blotches of colour; edges stay (shrinkage of a-trous wavelets)."
    " Default: 0.5.",
    (Param("amount", 0.5, 0.0, 1.0, "", Label("Amount", "数量")),),
    _noise, _apply_noise, "neighbourhood", _noise_halo,
)  # fmt: skip
