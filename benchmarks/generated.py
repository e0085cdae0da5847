"""`make generated`: the pictures of docs/generated, from benchmarks/prompts.yaml, by the composer.

python benchmarks/generated.py [--out DIR] [--width 720] [--full]      --full: PNG at 1536x1024, to look for flaws
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import yaml
from PIL import Image

import fluxroom

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
SHOWN = (2, 1, 6, 11, 4, 0)
"""Those in the README's picture."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DOCS / "generated")
    parser.add_argument("--width", type=int, default=720)
    parser.add_argument("--full", action="store_true")
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    prompts = yaml.safe_load((HERE / "prompts.yaml").read_text(encoding="utf-8"))
    width = 1536 if a.full else a.width
    size = (width, round(width / 1.5))
    lines = [
        "# Pictures from words alone",
        "",
        "Made by `make generated`, seed 0; see [how to](../how-to/generate.md).",
        "",
    ]
    made = []
    for number, words in enumerate(prompts, 1):
        started = time.perf_counter()
        done = fluxroom.generate(words, size=size)
        took = time.perf_counter() - started
        name = f"{number:02}.{'png' if a.full else 'jpg'}"
        image = done.image
        image.save(a.out / name, quality=84)
        made.append(image)
        notes = "; ".join(done.notes)
        lines += [f"`{words}`" + (f" ({notes})" if notes else ""), "", f"![{words}]({name})", ""]
        print(f"{number:2} {took:5.1f} s  {words}  {notes}", flush=True)
    if a.out == DOCS / "generated" and not a.full:
        (a.out / "README.md").write_text("\n".join(lines), encoding="utf-8")
        cell = (420, 280)
        sheet = Image.new("RGB", (3 * cell[0] + 8, 2 * cell[1] + 4), "white")
        for i, k in enumerate(SHOWN):
            small = made[k].resize(cell, Image.Resampling.LANCZOS)
            sheet.paste(small, ((i % 3) * (cell[0] + 4), (i // 3) * (cell[1] + 4)))
        sheet.save(DOCS / "pictures" / "generated.jpg", quality=86)
    return 0


if __name__ == "__main__":
    sys.exit(main())
