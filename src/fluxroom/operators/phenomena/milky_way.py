"""The Milky Way: a disc of stars with a bulge, behind torn lanes of dust that dim and redden."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.phenomena.common import (
    STRENGTH,
    Skyward,
    extinction,
    look_up,
    sample,
    shown,
    step,
)
from fluxroom.operators.phenomena.spectrum import black_body
from fluxroom.operators.phenomena.stars import (
    LEAST,
    Points,
    draw,
    held_against,
    image_too,
    light_of,
    points,
    seen_through,
    temperatures,
    too_bright,
)
from fluxroom.operators.phenomena.water import Lights, add_lights, with_image
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise

F64 = NDArray[np.float64]
KNEE = 0.06
SIDE = 640
"""Long side of the map of the band's light."""
COUNT = 60000
"""Faint stars strewn over a frame that the band fills."""


@dataclass(frozen=True, slots=True)
class _Band:
    light: Lights
    points: tuple[Points, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The galaxy as it hangs in the sky: unit vectors to its middle, along the band, to its pole."""

    core: F64
    along: F64
    pole: F64

    def place(self, directions: F64) -> tuple[F64, F64]:
        """Galactic longitude and latitude, degrees."""
        x, y, z = (directions @ v for v in (self.core, self.along, self.pole))
        return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(np.clip(z, -1, 1)))


def hang(sky: Skyward, x: float, y: float, tilt: float) -> Frame:
    """With its middle at that place of the picture, the band leaning `tilt` degrees from upright to the right."""
    t = math.radians(tilt)
    aspect = sky.camera.tan_x / sky.camera.tan_y
    core = sky.camera.directions(np.array(x), np.array(y))
    ahead = sky.camera.directions(np.array(x + 0.02 * math.sin(t)), np.array(y - 0.02 * math.cos(t) * aspect))
    along = ahead - core * float(ahead @ core)
    along /= np.linalg.norm(along)
    return Frame(core, along, np.cross(core, along))


def _look(plane: Float, u: F64, v: F64) -> F64:
    n = plane.shape[0]
    found = cv2.remap(
        plane, ((u % 1.0) * n).astype(np.float32), ((v % 1.0) * n).astype(np.float32),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP,
    )  # fmt: skip
    return np.asarray(found, dtype=np.float64)


def band_light(longitude: F64, latitude: F64, shift: tuple[float, float]) -> F64:
    """Linear colour (..., 3) of the band, about 1 at its brightest; what varies is noise, its shape is not.

    Disc and bulge by their surface brightness as we see it from inside: scale heights of 3 to 8 degrees; the Great Rift
    parts the disc on the side of growing longitude, other dust hangs off it as torn plumes.
    """
    plane = sky_noise.noise().plane
    around = np.pad(plane, 48, mode="wrap")
    soft = cv2.GaussianBlur(around, (0, 0), 14.0)[48:-48, 48:-48] - np.float32(0.5)

    def noise(degrees_u: float, degrees_v: float, salt: float) -> F64:
        return _look(plane, lon / degrees_u + salt + shift[0], lat / degrees_v + 1.7 * salt + shift[1])

    lon = longitude + 4.5 * _look(soft, longitude / 52 + shift[1], latitude / 52 + shift[0])
    lat = latitude + 4.2 * _look(soft, longitude / 44 + shift[0] + 0.31, latitude / 44 + shift[1] + 0.77)
    far = np.abs(longitude)
    height = 4.4 + 2.6 * np.exp(-((far / 30) ** 2))
    disc = np.exp(-((np.abs(latitude) / height) ** 1.25)) * (0.26 + 0.62 * np.exp(-far / 34))
    bulge = 0.95 * np.exp(-(((longitude / 11.0) ** 2 + (latitude / 6.5) ** 2) ** 0.6))
    haze = 0.10 * np.exp(-np.abs(latitude) / 13)
    disc = disc * (0.62 + 0.62 * noise(40, 26, 0.2)) * (0.86 + 0.28 * noise(13, 11, 0.4))
    bulge = bulge * (0.86 + 0.28 * noise(30, 22, 0.5))

    # Dust: the rift along the plane with torn edges, plumes that hang off it, thin threads.
    broad, torn, fine = noise(62, 34, 0.13), noise(30, 18, 0.6), noise(10, 8, 0.55)
    middle = 0.7 + 1.9 * (noise(90, 200, 0.9) - 0.5) * 2
    rift = np.exp(-(np.abs((lat - middle) / (2.0 + 1.3 * (torn - 0.5))) ** 1.8)) * (
        0.35 + 0.65 * step(-45, 12, longitude)
    )
    thick = 1.75 * rift * (0.25 + 0.75 * step(0.22, 0.75, 0.45 * broad + 0.35 * torn + 0.2 * fine))
    plume = np.exp(-(np.abs(lat / 7.5) ** 2)) * (0.35 + 0.65 * np.exp(-((far / 45) ** 2)))
    thick = thick + 1.25 * plume * step(0.50, 0.95, 0.5 * broad + 0.33 * torn + 0.17 * fine)
    thick = thick + 0.30 * plume * (fine - 0.35)
    through = np.exp(-np.maximum(thick, 0.0)[..., None] * np.array([0.78, 1.0, 1.24]))

    young, old = black_body(9000.0), black_body(4600.0)
    light = disc[..., None] * (0.6 * young + 0.4 * black_body(5600.0)) + bulge[..., None] * (0.6 * old + 0.4)
    return np.asarray(light * through * 0.95 + haze[..., None] * (0.7 * young + 0.3), dtype=np.float64)


def _nebulae(longitude: F64, latitude: F64, random: np.random.Generator) -> F64:
    """Glowing hydrogen (656 nm, a little 486 nm): a few small pink clouds near the plane."""
    light = np.zeros((*longitude.shape, 3))
    for _ in range(9):
        at, off = random.normal(6, 22), random.normal(-0.6, 1.3)
        size, much = random.uniform(0.22, 0.75), random.uniform(0.10, 0.34)
        away = ((longitude - at) ** 2 + (latitude - off) ** 2) / size**2
        light += (much * np.exp(-0.5 * away))[..., None] * np.array([1.0, 0.30, 0.44])
    return light


def _best(sky: Skyward) -> tuple[float, float, float]:
    """Where the band suits the frame: middle low over the horizon and off centre, leaning over the widest sky."""
    h, w = sky.mask.shape
    room = (sky.mask * sky.open * sky.shows(KNEE)).sum(axis=0)
    kernel = max(3, w // 4)
    room = np.convolve(np.pad(room, kernel, mode="constant"), np.ones(kernel) / kernel, mode="same")[kernel:-kernel]
    across = (np.arange(w) + 0.5) / w
    left, right = (float((room * np.exp(-(((across - at) / 0.2) ** 2))).sum()) for at in (0.34, 0.66))
    x = 0.34 if left > right else 0.66
    column = sky.mask[:, min(w - 1, int(x * w))] > 0.5
    low = float(np.flatnonzero(column).max() + 1) / h if column.any() else sky.foot
    top = float(np.flatnonzero(column).min()) / h if column.any() else 0.0
    return x, low - 0.30 * (low - top), 32.0 if left > right else -32.0


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Band | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    sky = look_up(overview)
    if shown(sky, KNEE) < LEAST:
        return None
    random = np.random.Generator(np.random.PCG64(seed))
    x, y, tilt = _best(sky)
    if float(parameters["x"]) >= 0:
        x = float(parameters["x"])
    if float(parameters["tilt"]) > -90:
        tilt = float(parameters["tilt"])
    frame = hang(sky, x, y, tilt)
    scene = overview.scene
    scale = SIDE / max(scene.width, scene.height)
    w, h = max(2, round(scene.width * scale)), max(2, round(scene.height * scale))
    gy, gx = np.mgrid[0:h, 0:w]
    px, py = (gx + 0.5) / w, (gy + 0.5) / h
    directions = sky.camera.directions(px, py)
    longitude, latitude = frame.place(directions)
    shift = (float(random.random()), float(random.random()))
    light = band_light(longitude, latitude, shift) + _nebulae(longitude, latitude, random)
    cloud = maps.blur(np.asarray(sky.open, np.float32), 0.02 * max(sky.open.shape))
    part = maps.resize(np.ascontiguousarray(sky.shows(KNEE) * (0.4 + 0.6 * cloud), np.float32), w, h)
    air = extinction(directions[..., 1]) * np.clip(directions[..., 1] / 0.05, 0, 1)[..., None]
    shining = light * air * part[..., None]
    grown = _strewn(sky, frame, light, random, strength)
    light = 0.28 * strength * shining * held_against(sky, px, py)
    return _Band(with_image(overview, light, 0.7), () if grown is None else image_too(overview, grown))


def _strewn(sky: Skyward, frame: Frame, light: F64, random: np.random.Generator, strength: float) -> Points | None:
    """Stars as thick as the band's light after its dust."""
    x, y = random.random((2, COUNT))
    bright = sample(np.ascontiguousarray(light.mean(axis=-1), np.float32), x, y)
    kept = random.random(COUNT) < np.clip(bright / 0.8, 0, 1) ** 1.3
    x, y = x[kept], y[kept]
    if x.size == 0:
        return None
    magnitudes = 9.4 + np.log10(np.maximum(random.random(x.size), 1e-4)) / 0.60
    color = black_body(temperatures(random, x.size))
    shine = light_of(magnitudes, 9.4)[:, None] * color * seen_through(sky, x, y, KNEE)
    shine = shine * held_against(sky, x, y) * (1.5 * strength)
    worth = (shine.max(axis=1) > 0.04) & (sample(sky.mask, x, y) > 0.0)
    return points(x[worth], y[worth], shine[worth]) if worth.any() else None


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    band: _Band = prepared
    add_lights(tile, window, band.light)
    for found in band.points:
        draw(tile, window, found)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return too_bright(overview, "milky_way", KNEE)


MILKY_WAY = register(
    Operator(
        name="milky_way",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Milky Way", "银河"),
        doc=(
            "The band of our galaxy behind a dark sky: bulge, dust lanes, star clouds and nebulae; its middle stands "
            "at `x` (below 0: where the sky is widest) and it leans `tilt` degrees from upright (-90: chosen)."
        ),
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=STRENGTH),
            Param("x", -1.0, -1.0, 1.0, label=Label("Place", "位置")),
            Param("tilt", -90.0, -90.0, 90.0, unit="degrees", label=Label("Tilt", "倾斜")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
