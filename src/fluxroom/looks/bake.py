"""What of a recipe is a function of a pixel's colour alone, as such a function; and what is not, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fluxroom.describe import region_in_words
from fluxroom.errors import InputError
from fluxroom.looks.cube import write_cube
from fluxroom.looks.look import Look
from fluxroom.looks.presets import Preset
from fluxroom.operators import Overview, Window, resolve
from fluxroom.photo.color import ColorProfile
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.scene import Float, unseen

_WHY = {
    "pixel": "its place in the frame matters",
    "layer": "it looks at the picture around each pixel",
    "neighbourhood": "it looks at the pixels around each pixel",
    "frame": "it changes the frame",
    "retouch": "it takes things out",
}
GREY = 0.18


@dataclass(frozen=True, slots=True)
class Parts:
    """inside: what can go into a table, in order; outside: what cannot, a line each."""

    inside: tuple[Adjustment, ...]
    outside: tuple[str, ...]


def parted(recipe: Recipe) -> Parts:
    inside, outside = [], []
    for a in recipe.adjustments:
        operator, _ = resolve(a)
        if operator.kind != "color" or not operator.blind:
            outside.append(f"{a.operator}: {_WHY.get(operator.kind, 'it looks at the scene')}")
        elif a.region.text != "everything":
            outside.append(f"{a.operator}: only in {region_in_words(a.region, 'en')}")
        elif a.keep is not None or recipe.keep is not None:
            kept = recipe.keep if a.keep is None else a.keep
            outside.append(f"{a.operator}: it spares {region_in_words(kept or Region(), 'en')}")
        else:
            inside.append(a)
    return Parts(tuple(inside), tuple(outside))


def through(adjustments: tuple[Adjustment, ...], codes: Float) -> Float:
    """(n, 3) sRGB code values 0..1 through the adjustments, as the renderer would, without dither.

    What an operator asks of the whole picture (contrast: its mean brightness) is answered with middle grey.
    """
    srgb = ColorProfile.srgb()
    deep = np.rint(np.clip(codes, 0, 1) * 65535).astype(np.uint16)[None]
    work = srgb.to_linear(deep)
    grey = np.full((8, 8, 3), GREY, np.float32)
    ones, nothing = np.ones((8, 8), np.float32), np.zeros((8, 8), np.float32)
    for a in adjustments:
        operator, parameters = resolve(a)
        prepared = operator.prepare(Overview(grey, ones, unseen(8, 8, grey), nothing), parameters, 0)
        for pixels in (work, grey):
            before = pixels.copy()
            h, w = pixels.shape[:2]
            operator.apply(pixels, Window(0, 0, w, h, w, h), prepared)
            if a.opacity < 1:
                pixels[...] = before + np.float32(a.opacity) * (pixels - before)
    return np.asarray(srgb.encode(work, np.uint16, dither=False)[0], np.float32) / np.float32(65535)


def cube_of(look: Look, size: int) -> Preset:
    """The part of a look that is a function of colours, as a .cube of so many points each way.

    Raises InputError if there is no such part.
    """
    parts = parted(look.recipe)
    if not parts.inside:
        raise InputError(
            f"nothing of {look.key!r} works on colours alone over the whole picture; a table cannot hold it"
        )
    notes = ["input and output: display code values, Rec.709 primaries, sRGB curve"]
    notes += [f"not in this table: {line}" for line in parts.outside]
    text = write_cube(lambda codes: through(parts.inside, codes), size, look.title[0], notes)
    return Preset(text, parts.outside)
