"""Whether a picture shows anything: an empty frame, plain fog or mere noise tells nobody when it was taken."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fluxroom.scene import Float, Guess

SIDE = 64
"""Forms are looked for on a picture of at most this long side."""
PLAIN_FORM = 0.024
"""From this strength on there is form enough. In square-root encoded light; photos have 0.03 to 0.3, pure noise,
flat colours and smooth ramps under 0.008."""
LEAST = 0.15
"""What is left of a judgement where nothing is shown."""


ROUGH = 0.12
"""From this texture on a picture without form is a mere pattern or noise."""


def form(preview: Float) -> float:
    """How far there are forms in it, 0 none .. 1 as in any photo. preview: (h, w, 3) float32 linear.

    What neighbours on a small picture have in common beyond a smooth (quadratic) shading of the whole: the root of
    the covariance of adjacent pixels. Noise has none, for its neighbours have nothing in common.
    """
    height, width = preview.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.sqrt(np.maximum(cv2.resize(preview, size, interpolation=cv2.INTER_AREA), 0)).astype(np.float64)
    small = small.reshape(size[1], size[0], 3)
    y, x = np.meshgrid(np.linspace(-1, 1, size[1]), np.linspace(-1, 1, size[0]), indexing="ij")
    design = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], -1).reshape(-1, 6)
    shading = design @ np.linalg.lstsq(design, small.reshape(-1, 3), rcond=None)[0]
    rest = small - shading.reshape(small.shape)
    common = [(a * b).mean() for a, b in ((rest[1:], rest[:-1]), (rest[:, 1:], rest[:, :-1])) if a.size]
    strength = float(np.sqrt(max(0.0, float(np.mean(common))))) if common else 0.0
    return min(1.0, strength / PLAIN_FORM)


def texture(preview: Float) -> float:
    """Contrast of neighbouring pixels: the root mean square of what a blur of 5 pixels takes away, square-root
    encoded. preview: (h, w, 3) float32 linear. Photos have up to 0.1, also with foliage; white noise 0.28."""
    pixels = np.sqrt(np.maximum(preview, 0))
    return float(np.sqrt(np.mean((pixels - cv2.blur(pixels, (5, 5))) ** 2)))


def is_mere_pattern(preview: Float, shown: float) -> bool:
    """Noise or a fine regular pattern, of which no part is a sky. shown: see `form`."""
    return shown < 0.5 and texture(preview) > ROUGH


def tempered(probabilities: dict[str, float], shown: float) -> dict[str, float]:
    """Drawn towards all alike where little is shown; the likeliest stays the likeliest. shown: see `form`."""
    if shown >= 1 or not probabilities:
        return probabilities
    powers = {name: max(p, 1e-6) ** max(LEAST, shown) for name, p in probabilities.items()}
    total = sum(powers.values())
    return {name: p / total for name, p in powers.items()}


def doubted(guess: Guess, shown: float) -> Guess:
    """A guess from the picture, less sure where little is shown; what EXIF says (`Guess.given`) keeps its weight."""
    if shown >= 1 or not guess.probabilities:
        return guess
    given = {name: guess.given.get(name, 0.05) if guess.given else 1.0 for name in guess.probabilities}
    seen = {name: p / given[name] for name, p in guess.probabilities.items()}
    total = sum(seen.values())
    mixed = {n: p * given[n] for n, p in tempered({n: p / total for n, p in seen.items()}, shown).items()}
    total = sum(mixed.values())
    mixed = {name: p / total for name, p in mixed.items()}
    value = max(mixed, key=lambda name: mixed[name])
    sureness = guess.confidence / max(guess.probabilities[guess.value], 1e-6)
    return replace(
        guess,
        value=value,
        confidence=round(min(1.0, sureness * mixed[value]), 3),
        probabilities={name: round(p, 4) for name, p in mixed.items()},
        evidence=guess.evidence if value == guess.value else (),
    )
