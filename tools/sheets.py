"""`make sheets`: many sentences on many photos as before/after sheets in out/sheets, for looking at.

PHOTOS=folder names the photos; without it the demo photo is taken.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from demo import default_photo

import fluxroom
from fluxroom.errors import FluxroomError
from fluxroom.pictures import save_picture, stack

SENTENCES = (
    "让这张照片更具史诗感，增加云层戏剧性",
    "make the sky moodier and warmer near the sun, keep the ground as it is",
    "加入厚重的新云，其余保持不变",
    "a warm golden evening, a little more contrast",
    "整体更冷更安静一些，降低饱和度",
)
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")


def main() -> int:
    told = os.environ.get("PHOTOS", "")
    photos = sorted(p for p in Path(told).iterdir() if p.suffix.lower() in ENDINGS) if told else [default_photo()]
    folder = Path(__file__).resolve().parent.parent / "out" / "sheets"
    folder.mkdir(parents=True, exist_ok=True)
    for path in photos:
        rows = []
        try:
            photo = fluxroom.open(path, library=None)
            for words in SENTENCES:
                started = time.perf_counter()
                result = photo.edit(words)
                rows.append(result.before_after(width=1400))
                met = "all met" if result.verdict is None or result.verdict.passed else "some missed"
                print(f"{path.name}: {words}: {time.perf_counter() - started:.1f} s, {met}", flush=True)
        except FluxroomError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
        if rows:
            save_picture(stack(rows), folder / f"{path.stem}.jpg", overwrite=True)
    print(f"sheets: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
