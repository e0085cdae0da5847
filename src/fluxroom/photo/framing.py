"""Which part of a photo is shown, and how it is turned: straightening, upright perspective, cropping, mirroring.

Without a turn or a tilt the result has the photo's own code values. With one they are resampled (Lanczos, four lobes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

A = TypeVar("A", bound=NDArray[Any])
LONGEST_TURNED = 32766
"""Most pixels a side of a picture that can be turned (OpenCV)."""


@dataclass(frozen=True, slots=True)
class Framing:
    """A rectangle in the photo.

    x, y            its centre, shares of the photo's width and height
    width, height   shares of the photo's width and height, along the rectangle's own sides
    turn            degrees by which the picture is turned clockwise, so the rectangle the other way
    mirrored        left and right change places;  upended: top and bottom
    tilt            degrees by which the camera looked up (below 0: down), undone: the rectangle lies in the picture of
                    a level camera, which at the photo's centre has the photo's scale
    focal           the camera's focal length, share of the photo's width; of use only with a tilt
    """

    x: float = 0.5
    y: float = 0.5
    width: float = 1.0
    height: float = 1.0
    turn: float = 0.0
    mirrored: bool = False
    upended: bool = False
    tilt: float = 0.0
    focal: float = 1.0


WHOLE = Framing()


def straightened(framing: Framing, degrees: float, width: int, height: int) -> Framing:
    """Turned clockwise by so much more, and as much smaller as it takes to show nothing from outside the photo."""
    turned = replace(framing, turn=framing.turn + degrees)
    return _resized(turned, _fits(turned, width, height, 40))


def upright(framing: Framing, tilt: float, turn: float, focal: float, width: int, height: int) -> Framing:
    """A level camera's picture: turned clockwise by `turn` more, the tilt undone; of the same shape, the largest part
    that shows nothing from outside the photo."""
    level = replace(framing, tilt=tilt, turn=framing.turn + turn, focal=focal)
    best, most = level, 0.0
    step = 0.08
    while step > 0.002:  # the largest part lies somewhat to the side that was squeezed
        start = best
        for down in (-2, -1, 0, 1, 2):
            for across in (-1, 0, 1):
                moved = replace(
                    start, x=start.x + across * step * framing.width, y=start.y + down * step * framing.height
                )
                share = _fits(moved, width, height, 24)
                if share > most + 1e-6:
                    best, most = moved, share
        step *= 0.6
    return _resized(best, most)


def _resized(framing: Framing, share: float) -> Framing:
    return replace(framing, width=framing.width * share, height=framing.height * share)


def _fits(framing: Framing, width: int, height: int, rounds: int) -> float:
    """How much of the rectangle's size fits into the photo, 0..1."""
    low, high = 0.0, 1.0
    for _ in range(rounds):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _inside(_resized(framing, middle), width, height) else (low, middle)
    return low


def cropped(framing: Framing, aspect: float, zoom: float, x: float, y: float, width: int, height: int) -> Framing:
    """The largest part of that aspect (width by height; 0: as it is), `zoom` times nearer, as close to x, y (shares of
    what is shown now) as it goes."""
    w, h = framing.width * width, framing.height * height
    wanted = w / h if aspect <= 0 else aspect
    new_w, new_h = (w, w / wanted) if wanted > w / h else (h * wanted, h)
    new_w, new_h = new_w / zoom, new_h / zoom
    x, y = (1 - x if framing.mirrored else x), (1 - y if framing.upended else y)
    room_x, room_y = 0.5 * new_w / w, 0.5 * new_h / h
    dx = (min(max(x, room_x), 1 - room_x) - 0.5) * w
    dy = (min(max(y, room_y), 1 - room_y) - 0.5) * h
    c, s = _turn(framing.turn)
    return replace(
        framing,
        x=framing.x + (c * dx + s * dy) / width,
        y=framing.y + (c * dy - s * dx) / height,
        width=new_w / width,
        height=new_h / height,
    )


def size_of(framing: Framing, width: int, height: int) -> tuple[int, int]:
    """(width, height) in pixels of what is shown of a photo of that size."""
    return max(1, round(framing.width * width)), max(1, round(framing.height * height))


def framed(pixels: A, framing: Framing) -> A:
    """The part of (H, W, ...) uint8 or uint16 pixels that is shown. Raises ValueError if it is too large to turn."""
    height, width = pixels.shape[:2]
    w, h = size_of(framing, width, height)
    out: Any
    if framing.turn == 0 and framing.tilt == 0:
        left = min(max(0, round(framing.x * width - 0.5 * w)), width - w)
        top = min(max(0, round(framing.y * height - 0.5 * h)), height - h)
        out = pixels[top : top + h, left : left + w]
    else:
        import cv2

        if max(width, height) > LONGEST_TURNED:
            raise ValueError(f"a picture of {width} x {height} pixels is too large to be turned")
        c, s = _turn(framing.turn)
        cx, cy = framing.x * width - 0.5, framing.y * height - 0.5
        mx, my = 0.5 * (w - 1), 0.5 * (h - 1)
        matrix = np.array([[c, s, cx - c * mx - s * my], [-s, c, cy + s * mx - c * my]])
        flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
        source = np.ascontiguousarray(pixels)
        if framing.tilt == 0:
            out = cv2.warpAffine(source, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        else:
            matrix = _leveled(framing, w, h, width, height)
            out = cv2.warpPerspective(source, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        out = out.reshape(h, w, *pixels.shape[2:])
    if framing.mirrored:
        out = out[:, ::-1]
    if framing.upended:
        out = out[::-1]
    return np.ascontiguousarray(out)  # type: ignore[return-value]


def _turn(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _leveled(framing: Framing, w: int, h: int, width: int, height: int) -> NDArray[np.float64]:
    """(3, 3) from a pixel shown (of w x h) to the photo's (of width x height)."""
    c, s = _turn(framing.turn)
    dx, dy = (framing.x - 0.5) * width, (framing.y - 0.5) * height
    shift = np.array([[1, 0, c * dx - s * dy - 0.5 * (w - 1)], [0, 1, s * dx + c * dy - 0.5 * (h - 1)], [0, 0, 1]])
    sine = math.sin(math.radians(framing.tilt))
    level = np.array([[1, 0, 0], [0, math.cos(math.radians(framing.tilt)), 0], [0, -sine / (framing.focal * width), 1]])
    turned = np.array([[c, s, 0.5 * width - 0.5], [-s, c, 0.5 * height - 0.5], [0, 0, 1]])
    return np.asarray(turned @ level @ shift)


def _inside(framing: Framing, width: int, height: int) -> bool:
    c, s = _turn(framing.turn)
    dx, dy = (framing.x - 0.5) * width, (framing.y - 0.5) * height
    middle = c * dx - s * dy, s * dx + c * dy
    cosine, sine = math.cos(math.radians(framing.tilt)), math.sin(math.radians(framing.tilt)) / (framing.focal * width)
    for side, end in ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)):
        u, v = middle[0] + side * framing.width * width, middle[1] + end * framing.height * height
        depth = 1 - v * sine
        if depth < 0.2:
            return False
        u, v = u / depth, v * cosine / depth
        x, y = 0.5 * width + c * u + s * v, 0.5 * height + c * v - s * u
        if not (-1e-6 <= x <= width + 1e-6 and -1e-6 <= y <= height + 1e-6):
            return False
    return True
