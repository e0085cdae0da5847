"""`make gallery`: the sentences of gallery.yaml on real photos: docs/gallery, and what must hold of each edit.

The photos are those of Debian's package endless-sky-high-dpi (fetched with apt-get if it is not installed). Of each
edit: a picture, before above after; outside the edit the saved PNG and 16-bit TIFF equal the photo, value for value;
other threads and tiles give the same bytes. `--out FOLDER --full` writes PNGs side by side, for people who mark.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import yaml
from PIL import Image
from sheets import check

import fluxroom
from fluxroom.pictures import save_picture, small, stack

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from package_photos import credit, landscape  # noqa: E402

SENTENCES = ROOT / "benchmarks" / "gallery.yaml"
MARKS = ROOT / "benchmarks" / "gallery_marks.yaml"
WIDTH = 880
"""Of a picture in docs/gallery, pixels."""

HEAD = """# Gallery

Each picture is before above after, with the sentence that was said and nothing else. All are made by one command,
`make gallery`, from photos of Debian's package endless-sky-high-dpi, whose copyright file names the takers; the edited
pictures are under the same licences. Marks are by people who saw only before, after and sentence
([how, and what was rejected](../measurements/gallery.md)): {people}

"""


def marks() -> dict[str, dict[str, list[list[float]]]]:
    """By photo and sentence: (asked, real) of each person."""
    loaded: Any = yaml.safe_load(MARKS.read_text(encoding="utf-8")) if MARKS.exists() else {}
    return dict(loaded or {})


def in_words(given: list[list[float]]) -> str:
    return "; ".join(f"asked {asked:g}, real {real:g}" for asked, real in given)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "gallery")
    parser.add_argument("--full", action="store_true", help="PNGs side by side instead of the gallery")
    parser.add_argument("--sentences", type=Path, default=SENTENCES)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    jobs: dict[str, list[str]] = yaml.safe_load(arguments.sentences.read_text(encoding="utf-8"))
    given, page, means = marks(), "", []
    edits = worst = unequal = 0
    for name, sentences in jobs.items():
        path = landscape(name)
        if path is None:
            print(
                "the photos are in Debian's package endless-sky-high-dpi, which can be had neither installed nor by apt"
            )
            return 1
        photo = fluxroom.open(path, library=None)
        for place, words in enumerate(sentences):
            result = photo.edit(words)
            checked = check(photo, result)
            edits += 1
            worst, unequal = max(worst, checked.largest), unequal + (not checked.same)
            print(f"{name} {place} {words}{checked.words()}", flush=True)
            if arguments.full:
                save_picture(result.before_after(width=1560), arguments.out / f"{name}_{place}.png", overwrite=True)
                continue
            pictures: list[Image.Image] = [small(p, WIDTH, 2 * WIDTH) for p in (photo.pixels, result.photo)]
            save_picture(stack(pictures), arguments.out / f"{name}_{place}.jpg", overwrite=True)
            said = given.get(name, {}).get(words, [])
            means += [[math.sqrt(asked * real) for asked, real in said]] if said else []
            page += f"## {words}\n\n![{words}]({name}_{place}.jpg)\n\n"
            page += f"{name}: {credit(name)}.{' Marks: ' + in_words(said) + '.' if said else ''}\n\n"
    if not arguments.full:
        people = ", ".join(
            f"mean of sqrt(asked x real) {sum(column) / len(column):.2f}, least {min(column):.1f}"
            for column in zip(*means, strict=True)
        )
        text = HEAD.format(people=f"{len(means)} of {edits} edits, {people}." if means else "not marked yet.") + page
        (arguments.out / "README.md").write_text(text.rstrip() + "\n", encoding="utf-8")
    print(f"{edits} edits; largest difference outside the edits: {worst}; {unequal} unequal")
    return 0 if worst == 0 and unequal == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
