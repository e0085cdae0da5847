"""The classes of edit that are measured. Standard library only: the process that measures others stays small."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUALITY = 93
"""JPEG quality of the photos that are made and of what peers write; chroma is halved both ways (4:2:0) in all."""


@dataclass(frozen=True, slots=True)
class Job:
    """A class of edit: by words through `edit` (reviewed, remembered), or a recipe file through `render` (remembered).

    photo  which one is enlarged: china.jpg has a clear sky, rocket.jpg a sky with clouds over most of the frame
    goal   seconds at 24 megapixels, warm, on two cores; None: no goal was set
    """

    name: str
    title: str
    words: str = ""
    recipe: str = ""
    photo: str = "china.jpg"
    goal: float | None = None

    @property
    def recipe_file(self) -> Path:
        return HERE / "recipes" / self.recipe


JOBS = {
    job.name: job
    for job in (
        Job("tone", "global tone", recipe="tone.yaml", goal=1.0),
        Job("drama", "sky drama", words="make the sky more dramatic", photo="rocket.jpg", goal=1.6),
        Job("clouds", "new clouds + relight", words="让天空更有戏剧性，加入厚重的云层，光线更暖", goal=3.0),
        Job("look", "full look", recipe="look.yaml"),
    )
}


def size_of(megapixels: float) -> tuple[int, int]:
    """(width, height) in pixels of a 3:2 photo of about so many megapixels, in whole JPEG blocks: 24 is 6000 x 4000."""
    width = 16 * round(math.sqrt(megapixels * 1.5e6) / 16)
    return width, 16 * round(megapixels * 1e6 / width / 16)
