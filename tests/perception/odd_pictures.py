"""Pictures that break naive readers: real ones out of installed packages and of ../shared/data, and drawn ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[Any]

NO_SKY = 0.02
"""Less than this share of the frame is no sky."""
SHARED = Path(__file__).parents[3] / "shared" / "data"
"""Where the development photos lie, on machines that have them."""


@dataclass(frozen=True, slots=True)
class Odd:
    """A picture and what anybody who looks at it would say about its sky.

    codes        makes the picture as displayed, (h, w) or (h, w, 3 or 4) uint8 or uint16, RGB(A); or its file
    sky          least and most share of the frame that is sky; (0, NO_SKY) is none, (0, 1) cannot be told
    below        height (0 top .. 1 bottom) under which there is no sky, only its mirror or the ground
    undecidable  nobody could tell what it shows, so nobody may be sure
    """

    name: str
    codes: Callable[[], Codes] | Path
    sky: tuple[float, float]
    below: float = 1.0
    undecidable: bool = False

    def write(self, folder: Path) -> Path:
        """The picture as a file; PNG if it is drawn."""
        return self.codes if isinstance(self.codes, Path) else write_png(self.codes(), folder / f"{self.name}.png")


def write_png(codes: Codes, path: Path) -> Path:
    order = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}[codes.shape[2] if codes.ndim == 3 else 2]
    assert cv2.imwrite(str(path), codes if order is None else cv2.cvtColor(codes, order))
    return path


def read_rgb(path: Path) -> Codes:
    """(h, w, 3) uint8 sRGB, as displayed."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert image is not None
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def package_file(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], *parts)


def _skimage(file: str) -> Path:
    return package_file("skimage", "data", file)


CHINA = package_file("sklearn", "datasets", "images", "china.jpg")
FLOWER = package_file("sklearn", "datasets", "images", "flower.jpg")
NONE, CANNOT_TELL = (0.0, NO_SKY), (0.0, 1.0)


def _ramp(top: tuple[int, int, int], bottom: tuple[int, int, int], height: int, width: int) -> NDArray[np.float64]:
    """(height, width, 3), from one colour to the other down the rows."""
    y = np.linspace(0, 1, height)[:, None, None]
    return np.broadcast_to((1 - y) * np.array(top) + y * np.array(bottom), (height, width, 3)).copy()


def _grained(image: NDArray[Any], amount: float = 2.5, seed: int = 0) -> Codes:
    grain = np.random.default_rng(seed).normal(0, amount, image.shape)
    return (image + grain).clip(0, 255).astype(np.uint8)


def _hills(width: int, height: int, base: float, rise: float, seed: int) -> NDArray[np.float64]:
    """A skyline of several waves: y in pixels for each column."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 2 * np.pi, width)
    waves = sum(np.sin(x * f + rng.uniform(0, 6)) / f for f in (1, 2.3, 5.1, 11.7))
    return height * (base - rise * np.asarray(waves))


def mirror_lake() -> Codes:
    """A sky over dark hills, and both again upside down in rippled water."""
    height, width = 320, 480
    image = _ramp((70, 115, 190), (225, 215, 205), height // 2, width)
    rows = np.arange(height // 2)[:, None]
    image[rows > _hills(width, height, 0.42, 0.04, 1)[None, :]] = (28, 40, 34)
    water = cv2.GaussianBlur(image[::-1], (1, 5), 0) * 0.82
    shift = np.rint(2.5 * np.sin(np.arange(height // 2) ** 1.3 / 3)).astype(int)
    for y, by in enumerate(shift):
        water[y] = np.roll(water[y], by, axis=0)
    return _grained(np.vstack([image, water]))


def white_over_white() -> Codes:
    """A white sky over snow, with nothing but a row of small dark firs between."""
    height, width = 300, 450
    image = np.full((height, width, 3), 243.0)
    image[170:] = (236, 239, 243)
    image[170:] -= np.abs(np.sin(np.arange(130) / 9))[:, None, None] * 5
    rng = np.random.default_rng(3)
    for x in rng.integers(0, width, 60):
        high, foot = int(rng.integers(18, 46)), int(rng.integers(168, 182))
        tree = np.array([[x - high // 5, foot], [x + high // 5, foot], [x, foot - high]], np.int32)
        cv2.fillConvexPoly(image, tree, (52, 62, 58), cv2.LINE_AA)
    return _grained(image, 1.5)


def starfield() -> Codes:
    """Stars over a black ridge."""
    height, width = 320, 480
    image = _ramp((8, 10, 26), (26, 30, 52), height, width)
    rng = np.random.default_rng(5)
    for x, y, b in zip(
        rng.integers(0, width, 400), rng.integers(0, height, 400), rng.uniform(60, 255, 400), strict=True
    ):
        image[y, x] = b
    image[np.arange(height)[:, None] > _hills(width, height, 0.8, 0.05, 6)[None, :]] = (2, 2, 3)
    return _grained(cv2.GaussianBlur(image, (3, 3), 0.6))


def fog() -> Codes:
    """Nothing but a slow ramp of grey."""
    return _grained(_ramp((205, 207, 209), (150, 152, 153), 300, 400), 1.5)


def fog_with_trees() -> Codes:
    """Trunks that fade into fog over a dim meadow."""
    height, width = 320, 480
    image = _ramp((206, 208, 210), (186, 188, 188), height, width)
    image[230:] = _ramp((150, 156, 140), (84, 92, 66), height - 230, width)
    rng = np.random.default_rng(8)
    for depth in np.linspace(0.25, 0.9, 9):
        x, high = int(rng.integers(10, width - 10)), int(60 + 110 * depth)
        foot = int(232 + 60 * depth)
        tone = tuple(200 - (200 - np.array([52, 54, 50])) * depth)
        cv2.line(image, (x, foot), (x, foot - high), tone, max(1, round(7 * depth)), cv2.LINE_AA)
        for k in range(5):
            y, reach = foot - high * (4 + k) // 9, int(rng.integers(10, 30) * depth)
            cv2.line(image, (x, y), (x - reach, y - reach), tone, max(1, round(2 * depth)), cv2.LINE_AA)
            cv2.line(image, (x, y), (x + reach, y - reach), tone, max(1, round(2 * depth)), cv2.LINE_AA)
    return _grained(image, 1.5)


def branches() -> Codes:
    """A pale blue sky through a lattice of dark branches."""
    height, width = 360, 480
    image = _ramp((120, 165, 220), (205, 220, 235), height, width)
    rng = np.random.default_rng(2)

    def grow(x: float, y: float, angle: float, length: float, thick: float) -> None:
        to = x + length * np.cos(angle), y - length * np.sin(angle)
        cv2.line(
            image, (round(x), round(y)), (round(to[0]), round(to[1])), (38, 32, 28), max(1, round(thick)), cv2.LINE_AA
        )
        if length > 9:
            for turn in rng.uniform(0.2, 0.7, 2) * (1, -1):
                grow(*to, angle + turn, length * rng.uniform(0.68, 0.86), thick * 0.66)

    for x in (90, 250, 400):
        grow(x, height, np.pi / 2 + rng.uniform(-0.15, 0.15), 85, 13)
    return _grained(image)


def room() -> Codes:
    """A bare room: pale wall, darker floor, a table, a lamp's glow."""
    height, width = 320, 480
    image = _ramp((196, 184, 166), (178, 164, 144), height, width)
    image[235:] = (104, 74, 50)
    glow = np.exp(-((np.arange(height)[:, None] - 90) ** 2 + (np.arange(width) - 380) ** 2) / 9000)
    image[:235] += 55 * glow[:235, :, None]
    cv2.rectangle(image, (70, 190), (300, 205), (70, 44, 26), -1)
    for x in (85, 285):
        cv2.rectangle(image, (x - 6, 205), (x + 6, 290), (60, 38, 22), -1)
    cv2.ellipse(image, (380, 95), (28, 16), 0, 0, 360, (250, 226, 170), -1, cv2.LINE_AA)
    cv2.line(image, (380, 110), (380, 240), (40, 34, 30), 4)
    return _grained(image)


def beach(height: int = 300, width: int = 450) -> Codes:
    """Sky, sea and sand, in the upper half, a fifth, and the rest."""
    y = np.linspace(0, 1, height)[:, None, None]
    sky = (1 - y) * np.array([70, 120, 200]) + y * np.array([190, 210, 235])
    image = np.where(y < 0.5, sky, np.where(y < 0.7, np.array([30, 80, 110]), np.array([210, 190, 150])))
    return _grained(np.broadcast_to(image, (height, width, 3)))


def checkers(cell: int, side: int = 240) -> Codes:
    y, x = np.mgrid[0:side, 0:side] // cell
    return np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)


def flat(*rgb: int, height: int = 90, width: int = 120) -> Codes:
    return np.full((height, width, 3), rgb, np.uint8)


def noise(height: int = 240, width: int = 320) -> Codes:
    return np.random.default_rng(4).integers(0, 256, (height, width, 3), dtype=np.uint8)


def small_china(side: int) -> Codes:
    image = read_rgb(CHINA)
    scale = side / max(image.shape[:2])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


INSTALLED = (
    Odd("chelsea", _skimage("chelsea.png"), NONE),
    Odd("coffee", _skimage("coffee.png"), NONE),
    Odd("astronaut", _skimage("astronaut.png"), NONE),
    Odd("camera", _skimage("camera.png"), (0.2, 0.5), below=0.75),
    Odd("rocket", _skimage("rocket.jpg"), (0.6, 0.95)),
    Odd("brick", _skimage("brick.png"), NONE),
    Odd("grass", _skimage("grass.png"), NONE),
    Odd("gravel", _skimage("gravel.png"), NONE),
    Odd("retina", _skimage("retina.jpg"), NONE),
    Odd("hubble", _skimage("hubble_deep_field.jpg"), CANNOT_TELL),
    Odd("coins", _skimage("coins.png"), NONE),
    Odd("page", _skimage("page.png"), NONE),
    Odd("clock", _skimage("clock_motion.png"), NONE),
    Odd("motorcycle", _skimage("motorcycle_left.png"), NONE),
    Odd("ihc", _skimage("ihc.png"), NONE),
    Odd("logo", _skimage("logo.png"), NONE),
    Odd("silhouette", _skimage("horse.png"), CANNOT_TELL),
    Odd("microaneurysms", _skimage("microaneurysms.png"), NONE, undecidable=True),
    Odd("china", CHINA, (0.2, 0.5), below=0.75),
    Odd("flower", FLOWER, NONE),
)
"""Real pictures in the wheels of scikit-image and scikit-learn."""

DRAWN = (
    Odd("mirror_lake", mirror_lake, (0.3, 0.5), below=0.55),
    Odd("white_over_white", white_over_white, (0.35, 0.65), below=0.65),
    Odd("starfield", starfield, (0.6, 0.9), below=0.95),
    Odd("fog", fog, CANNOT_TELL, undecidable=True),
    Odd("fog_with_trees", fog_with_trees, (0.3, 0.75), below=0.85),
    Odd("branches", branches, (0.6, 0.9)),
    Odd("room", room, NONE),
    Odd("beach", beach, (0.4, 0.55), below=0.6),
    Odd("checkers_1", lambda: checkers(1), NONE, undecidable=True),
    Odd("checkers_8", lambda: checkers(8), NONE),
    Odd("checkers_60", lambda: checkers(60), NONE),
    Odd("black", lambda: flat(0, 0, 0), CANNOT_TELL, undecidable=True),
    Odd("white", lambda: flat(255, 255, 255), CANNOT_TELL, undecidable=True),
    Odd("grey", lambda: flat(128, 128, 128), CANNOT_TELL, undecidable=True),
    Odd("red", lambda: flat(190, 20, 24), CANNOT_TELL, undecidable=True),
    Odd("noise", noise, NONE, undecidable=True),
    Odd("strip_8_high", lambda: beach(300, 450)[96:104], CANNOT_TELL, undecidable=True),
    Odd("strip_8_wide", lambda: beach(400, 300)[:, :8], CANNOT_TELL),
    Odd("noise_strip", lambda: noise(8, 900), NONE, undecidable=True),
    Odd("px_200", lambda: small_china(200), (0.2, 0.5), below=0.75),
    Odd("px_64", lambda: small_china(64), (0.15, 0.55), below=0.85),
    Odd("panorama_4_1", lambda: read_rgb(CHINA)[60:220], (0.3, 0.95)),
    Odd("panorama_1_4", lambda: read_rgb(CHINA)[:, 260:366], (0.2, 0.6), below=0.75),
    Odd("panorama_30_1", lambda: beach(40, 1200), CANNOT_TELL),
    Odd("panorama_1_30", lambda: beach(1200, 40), CANNOT_TELL),
    Odd("macro_4_1", lambda: read_rgb(FLOWER)[200:360], NONE),
    Odd("black_and_white", lambda: cv2.cvtColor(read_rgb(CHINA), cv2.COLOR_RGB2GRAY), (0.2, 0.5), below=0.75),
)
"""Drawn, or made from a real one."""


def _shared(name: str, sky: tuple[float, float], below: float = 1.0, folder: str = "pool") -> Odd:
    return Odd(name, SHARED / folder / f"{name}.jpg", sky, below)


REAL = (
    # still water that mirrors the sky
    _shared("07_lake_reflection_clouds", (0.36, 0.48), 0.55, "photos"),
    _shared("22_lake_mirror_cascades", (0.33, 0.45), 0.55, "photos"),
    _shared("37_kodak_red_barn_pond", (0.14, 0.24), 0.45, "photos"),
    _shared("091", (0.03, 0.1), 0.3),
    _shared("130", (0.15, 0.26), 0.45),
    # night, aurora, blue hour
    _shared("13_snowy_street_night", (0.25, 0.4), 0.6, "photos"),
    _shared("15_milkyway_flowers", (0.3, 0.55), 1.0, "photos"),
    _shared("021", (0.75, 0.9), 0.92),
    _shared("065", (0.65, 0.85), 0.95),
    _shared("094", (0.48, 0.65), 0.68),
    # fog, mist, white sky over snow
    _shared("033", (0.25, 0.6), 0.7),
    _shared("115", (0.18, 0.34), 0.5),
    _shared("125", (0.4, 1.0)),
    # through branches
    _shared("09_oak_vineyard_view", (0.08, 0.25), 0.6, "photos"),
    _shared("069", (0.3, 0.65), 0.65),
    # black and white
    _shared("096", (0.24, 0.4), 0.5),
    _shared("004", NONE),
    # portrait orientation, by pixels and by EXIF
    _shared("150", (0.33, 0.5), 0.7),
    _shared("149", NONE),
    _shared("exif_orientation6_landscape", (0.18, 0.33), 0.5, "photos"),
    # indoor
    _shared("071", NONE),
    _shared("139", NONE),
    _shared("154", NONE),
    # macro
    _shared("019", NONE),
    _shared("078", NONE),
    _shared("097", NONE),
    _shared("137", NONE),
    # animals, close
    _shared("054", NONE),
    _shared("061", NONE),
    _shared("158", NONE),
    # outdoors without any sky
    _shared("06_multnomah_falls", NONE, 1.0, "photos"),
    _shared("026", NONE),
    _shared("129", NONE),
    # from above
    _shared("041", NONE),
    _shared("105", NONE),
    # abstract
    _shared("042", NONE),
    _shared("076", NONE),
    _shared("107", NONE),
    _shared("133", NONE),
)
"""Photos of ../shared/data, none of which is held out for judging; shares by their labels, with room around."""
