"""Small pictures for people: before and after side by side, and what is seen where."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fluxroom.errors import OutputError, OutputExists
from fluxroom.photo.color import ColorProfile
from fluxroom.recipe import REGION_NAMES

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from fluxroom.photo import Photo
    from fluxroom.scene import Float, Scene

COLORS = {
    "sky": (64, 140, 255),
    "clouds": (190, 220, 255),
    "water": (0, 190, 190),
    "ground": (190, 140, 80),
    "sand": (235, 200, 120),
    "vegetation": (60, 190, 70),
    "trees": (30, 140, 50),
    "grass": (130, 210, 80),
    "snow": (240, 240, 255),
    "rock": (150, 130, 120),
    "mountain": (130, 110, 170),
    "building": (240, 90, 80),
    "road": (120, 120, 120),
    "person": (255, 80, 200),
    "animal": (255, 150, 40),
    "object": (250, 220, 50),
}


def small(photo: Photo, width: int, height: int) -> Image:
    """The photo as an sRGB picture that fits into width x height."""
    import cv2
    from PIL import Image

    scale = min(1.0, width / photo.width, height / photo.height)
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    # First cheaply to about twice the size, in the file's own values; the last step in linear light.
    near = (min(photo.width, size[0] * 2), min(photo.height, size[1] * 2))
    reduced: Any = cv2.resize(photo.codes, near, interpolation=cv2.INTER_AREA)
    linear = photo.profile.to_linear(reduced.reshape(near[1], near[0], -1))
    final = cv2.resize(linear, size, interpolation=cv2.INTER_AREA)
    return Image.fromarray(_display(np.asarray(final, dtype=np.float32)))


def before_after(
    before: Photo, after: Photo, *, width: int = 1600, labels: tuple[str, str] = ("before", "after")
) -> Image:
    """Both side by side (one above the other if they are wide), each with its label."""
    from PIL import Image, ImageDraw

    gap = 12
    wide = before.width > 2.2 * before.height
    each = width if wide else (width - gap) // 2
    pictures = [small(p, each, 2 * each) for p in (before, after)]
    w, h = pictures[0].size
    sheet = Image.new("RGB", (w, 2 * h + gap) if wide else (2 * w + gap, h), "white")
    draw = ImageDraw.Draw(sheet)
    font = _font(max(12, w // 40))
    for i, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        x, y = (0, i * (h + gap)) if wide else (i * (w + gap), 0)
        sheet.paste(picture, (x, y))
        _label(draw, x, y, label, font)
    return sheet


def stack(pictures: list[Image]) -> Image:
    """Pictures below one another."""
    from PIL import Image

    gap = 8
    sheet = Image.new("RGB", (max(p.width for p in pictures), sum(p.height + gap for p in pictures) - gap), "white")
    y = 0
    for picture in pictures:
        sheet.paste(picture, (0, y))
        y += picture.height + gap
    return sheet


def overlay(scene: Scene) -> Image:
    """The small picture, tinted by region, with a legend of names, shares and how sure the eye is."""
    from PIL import Image, ImageDraw

    base = _display(scene.preview).astype(np.float32)
    seen = [r for r in REGION_NAMES if r in COLORS and scene.share(r) >= 0.001]
    wider = {"clouds"} | ({"ground"} if any(r in seen for r in ("sand", "snow", "rock", "road")) else set())
    for region in (r for r in seen if r not in wider):
        weight = (scene.regions[region] * 0.55)[..., None]
        base = base * (1 - weight) + np.array(COLORS[region], np.float32) * weight
    picture = Image.fromarray(np.rint(base).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    w, h = picture.size
    draw.line((0, scene.horizon.y(0) * h, w, scene.horizon.y(1) * h), fill=(255, 255, 255), width=max(1, w // 500))
    size = max(12, w // 60)
    font = _font(size)
    for i, region in enumerate(seen):
        y = 6 + i * (size + 8)
        draw.rectangle((6, y, 6 + size, y + size), fill=COLORS[region], outline="white")
        _label(draw, 6 + size, y - 6, f"{region} {scene.share(region):.0%}", font)
    return picture


def evidence(scene: Scene, box: tuple[float, float, float, float] | None, mask: Float | None) -> Image:
    """The small picture with what an answer rests on: dimmed beside the mask, the box drawn around.

    box: (x0, y0, x1, y1) normalised. mask: (h, w) 0..1, at the size of the scene's preview.
    """
    from PIL import Image, ImageDraw

    base = _display(scene.preview).astype(np.float32)
    if mask is not None and float(mask.max()) > 0.35:
        inside = np.clip(mask / max(float(mask.max()), 1e-6), 0, 1)[..., None]
        base = base * (0.35 + 0.65 * inside)
    picture = Image.fromarray(np.rint(base).clip(0, 255).astype(np.uint8))
    if box is not None:
        w, h = picture.size
        corners = (box[0] * w, box[1] * h, box[2] * w - 1, box[3] * h - 1)
        line = max(2, w // 300)
        draw = ImageDraw.Draw(picture)
        draw.rectangle(corners, outline=(40, 40, 40), width=line + 2)
        draw.rectangle(corners, outline=(255, 220, 60), width=line)
    return picture


def _display(linear: Float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(ColorProfile.srgb().encode(np.ascontiguousarray(linear), np.uint8), dtype=np.uint8)


def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _label(draw: object, x: int, y: int, text: str, font: FreeTypeFont | ImageFont) -> None:
    from PIL import ImageDraw

    assert isinstance(draw, ImageDraw.ImageDraw)
    draw.text((x + 8, y + 6), text, font=font, fill="white", stroke_width=2, stroke_fill=(40, 40, 40))


def save_picture(picture: Image, path: Path, *, overwrite: bool = False) -> None:
    """Write a picture completely or not at all; the format follows the name."""
    from PIL import Image as Images

    fmt = Images.registered_extensions().get(path.suffix.lower())
    if fmt not in ("PNG", "JPEG", "WEBP"):
        raise OutputError(f"{path}: a picture's name ends in .png, .jpg or .webp")
    if path.exists() and not overwrite:
        raise OutputExists(f"{path} exists already; --overwrite replaces it, or choose another name")
    try:
        handle, name = tempfile.mkstemp(prefix=".fluxroom-", suffix=path.suffix, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                picture.save(file, format=fmt, **({} if fmt == "PNG" else {"quality": 88}))
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
