"""What is asked of a batch, and the address that tells one result from another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from fluxroom import __version__

FOLDER = ".fluxroom-batch"
"""Inside the folder of results: journal, lock, thumbnails, and results on their way."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with every photo.

    out             folder of results: a path, or a URL that fsspec knows
    words           the sentence; "" with a recipe
    recipe          as `Recipe.to_dict`, instead of words
    keep            a further region that must not be touched, or None
    seed            for clouds and grain, the same for every photo
    name            pattern of the results' names; see `names`
    look            what {look} stands for in it
    format          ending of the results without its dot; None: each as its photo's
    quality         1..100 for JPEG and WebP; None: as the photo's
    bits            8 or 16; None: as the photo's
    review          measure whether each edit was achieved
    overwrite       replace files that are in the way (never a photo)
    max_megapixels  refuse larger photos; None: the usual limit
    uniform         0..1: how far exposure and white balance are brought to the reference before the look
    reference       "median", "first", or the path of a photo
    """

    out: str
    words: str = ""
    recipe: dict[str, Any] | None = None
    keep: str | None = None
    seed: int = 0
    name: str = "{stem}.{ext}"
    look: str = ""
    format: str | None = None
    quality: int | None = None
    bits: int | None = None
    review: bool = True
    overwrite: bool = False
    max_megapixels: float | None = None
    uniform: float = 0.7
    reference: str = "median"

    def address(self, photo: str, ending: str, correction: list[dict[str, Any]]) -> str:
        """SHA-256 over all that decides a result's bytes: equal addresses are equal files.

        photo       SHA-256 of the photo's bytes
        ending      of the result's name, lower case
        correction  the adjustments that bring this photo to the set's reference, as in a recipe
        """
        decides = {
            "photo": photo,
            "words": self.words,
            "recipe": self.recipe,
            "keep": self.keep,
            "seed": self.seed,
            "fluxroom": __version__,
            "ending": "jpg" if ending == "jpeg" else "tif" if ending == "tiff" else ending,
            "quality": self.quality,
            "bits": self.bits,
            "correction": correction,
        }
        return digest(decides)


def digest(data: Any) -> str:
    """SHA-256 of plain data, in one writing."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
