"""`make readme-pictures`: the pictures in README.md, made by the program itself.

Photo: china.jpg by danielbuechele, CC BY 2.0, in the scikit-learn package.
"""

from __future__ import annotations

import sys
from pathlib import Path

from demo import default_photo

import fluxroom

PICTURES = (
    ("drama", "让天空更有戏剧性，云层更厚重，其余保持不变"),
    ("golden", "golden hour"),
)


def main() -> int:
    folder = Path(__file__).resolve().parent.parent / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    photo = fluxroom.open(default_photo(), library=None)
    for name, words in PICTURES:
        result = photo.edit(words)
        target = folder / f"{name}.jpg"
        result.before_after(target, width=1280, overwrite=True)
        print(f"{target}: {words} ({target.stat().st_size // 1024} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
