"""Photos to measure with, made from those that come with scikit-learn and scikit-image.

They are enlarged and get noise, so that they cost as much to decode and encode as a camera's.
china.jpg and flower.jpg: danielbuechele and dnis, CC BY 2.0; rocket.jpg: NASA, public domain; coffee.png: Rachel
Michetti, CC0; chelsea.png: Stefan van der Walt, CC0.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from jobs import QUALITY, size_of

PLACES = {
    "china.jpg": ("sklearn", "datasets/images"),
    "flower.jpg": ("sklearn", "datasets/images"),
    "rocket.jpg": ("skimage", "data"),
    "coffee.png": ("skimage", "data"),
    "chelsea.png": ("skimage", "data"),
}
SET = ("china.jpg",) * 7 + ("rocket.jpg", "flower.jpg", "coffee.png")
"""Which photo each of ten variants is made from: eight in ten have a sky."""
NOISE, NOISE_OF_SET = 4.0, 5.0
"""Standard deviation of the noise, in 8-bit code values."""
STRIP = 512
"""Rows that get their noise at once, to bound memory."""


def source(name: str) -> Path:
    package, folder = PLACES[name]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{name} comes with {package}, which is not installed: make .venv/.dev, or give --photo FILE")
    return Path(next(iter(spec.submodule_search_locations))) / folder / name


def write(target: Path, image: Any, sigma: float, rng: Any) -> None:
    """Write an RGB picture, (height, width, 3) uint8, with noise of `sigma` as JPEG. `image` is changed."""
    import numpy as np
    from PIL import Image

    for top in range(0, image.shape[0], STRIP):
        strip = image[top : top + STRIP]
        grain = rng.normal(0, sigma, strip.shape[:2]).astype(np.float32)
        strip[:] = (strip + grain[..., None]).clip(0, 255).astype(np.uint8)
    Image.fromarray(image).save(target, quality=QUALITY, subsampling=2)


def make_photo(target: Path, name: str, megapixels: float) -> None:
    """One of PLACES, 3:2, enlarged."""
    import numpy as np
    from PIL import Image

    with Image.open(source(name)) as image:
        large = np.array(image.resize(size_of(megapixels), Image.Resampling.BICUBIC))
    write(target, large, NOISE, np.random.default_rng(24))


def make_variant(folder: Path, number: int) -> None:
    """Photo `number` of a set: another crop, perhaps mirrored, another exposure and white balance, other noise.

    Crops keep the top of the photo, where the sky is. Exposure differs by up to 0.8 EV and white balance by up to
    a tenth in red and blue against green, both ways, in linear light (gamma 2.2). Small pictures cost seconds, not
    minutes, to change, so all is done before enlarging. The same number gives the same photo.
    """
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng([24, number])
    with Image.open(source(SET[number % len(SET)])) as image:
        small = image.convert("RGB")
        share = rng.uniform(0.65, 1.0)
        width = min(small.width, small.height * 1.5) * share
        left = rng.uniform(0, small.width - width)
        box = (left, 0.0, left + width, width / 1.5)
        light = np.array([rng.uniform(0.9, 1.1), 1.0, rng.uniform(0.9, 1.1)]) * 2 ** rng.uniform(-0.8, 0.8)
        pixels = np.asarray(small, np.float64) / 255
        lit = (255 * (pixels**2.2 * light).clip(0, 1) ** (1 / 2.2)).round().astype(np.uint8)
        large = Image.fromarray(lit).resize(size_of(24), Image.Resampling.BICUBIC, box=box)
        codes = np.array(large)
    if rng.random() < 0.5:
        codes = np.ascontiguousarray(codes[:, ::-1])
    write(folder / f"photo{number:03d}.jpg", codes, NOISE_OF_SET, rng)


def make_set(folder: Path, count: int, processes: int) -> int:
    """`count` photos of 24 megapixels that are all different; those that are there already stay. How many were made."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [n for n in range(count) if not (folder / f"photo{n:03d}.jpg").exists()]
    with get_context("spawn").Pool(processes) as pool:
        for _ in pool.imap_unordered(partial(make_variant, folder), wanted):
            pass
    return len(wanted)


if __name__ == "__main__":  # python photos.py FILE NAME MEGAPIXELS, in a process of its own for its memory
    make_photo(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
