"""`make looks-sheet DATA=folder`: every built-in look on six photos, to be looked at; in out/looks.

Rows are looks, columns photos, the first row the photos as they are. It prints how far each look moves each photo
(mean difference of code values) and how much of it is clipped.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import fluxroom
from fluxroom.looks import Look, search
from fluxroom.pictures import small

PHOTOS = ("10", "18", "22", "13", "33", "20")
SIDE, CELL, ROWS = 900, 330, 8
TALL = 220


def photos(data: Path, wanted: tuple[str, ...]) -> list[fluxroom.Photo]:
    files = [next((data / "photos").glob(f"{number}_*")) for number in wanted]
    return [fluxroom.open(file, library=None).small(SIDE) for file in files]


def cell(pixels: object) -> Image.Image:
    picture = small(pixels, CELL, TALL)  # type: ignore[arg-type]
    out = Image.new("RGB", (CELL, TALL), "white")
    out.paste(picture, ((CELL - picture.width) // 2, 0))
    return out


def sheet(rows: list[tuple[str, list[Image.Image]]]) -> Image.Image:
    line = 22
    out = Image.new("RGB", (CELL * len(rows[0][1]), (TALL + line) * len(rows)), "white")
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(16)
    for i, (name, cells) in enumerate(rows):
        draw.text((4, i * (TALL + line) + 2), name, font=font, fill="black")
        for j, picture in enumerate(cells):
            out.paste(picture, (j * CELL, i * (TALL + line) + line))
    return out


def row(look: Look, opened: list[fluxroom.Photo]) -> tuple[str, list[Image.Image]]:
    cells, moved, white = [], [], []
    for photo in opened:
        result = photo.render(look.at(), remember=False)
        codes = result.photo.codes.astype(np.float32)
        moved.append(float(np.abs(codes - photo.pixels.codes).mean()))
        white.append(float((codes.max(-1) >= 254).mean() - (photo.pixels.codes.max(-1) >= 254).mean()))
        cells.append(cell(result.photo))
    print(f"{look.key:24} moved {' '.join(f'{m:5.1f}' for m in moved)}  whiter {max(white):6.1%}", flush=True)
    return f"{look.key}: {look.title[0]}", cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out/looks"))
    parser.add_argument("--photos", nargs="*", default=list(PHOTOS), help="numbers that photos' names begin with")
    parser.add_argument("--only", nargs="*", default=[], help="keys of looks")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    opened = photos(arguments.data, tuple(arguments.photos))
    before = ("as they are", [cell(photo.pixels) for photo in opened])
    looks = [look for look in search() if not look.own and (not arguments.only or look.key in arguments.only)]
    started = time.perf_counter()
    for number, at in enumerate(range(0, len(looks), ROWS), 1):
        rows = [row(look, opened) for look in looks[at : at + ROWS]]
        sheet([before, *rows]).save(arguments.out / f"looks_{number}.jpg", quality=88)
    print(f"{len(looks)} looks on {len(opened)} photos in {time.perf_counter() - started:.0f} s: {arguments.out}")


if __name__ == "__main__":
    main()
