"""`make readme-pictures`: the pictures in README.md, made by the program itself.

Photos: china.jpg by danielbuechele, CC BY 2.0, in the scikit-learn package; landscapes in Debian's package
endless-sky-high-dpi (fetched with apt-get if it is not installed).
"""

from __future__ import annotations

import sys
from pathlib import Path

from demo import default_photo
from package_photos import landscape

import fluxroom

PICTURES = (
    ("sky1", "epic", "让这张黄昏海滩照更具史诗感，增加云层戏剧性"),
    ("hills7-harro", "patch", "一束光照在山上"),
    ("china", "dusk", "变成黄昏，云层更厚重"),
)


def main() -> int:
    pictures = Path(__file__).resolve().parent.parent / "docs" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for name, stem, words in PICTURES:
        path = default_photo() if name == "china" else landscape(name)
        if path is None:
            print(f"{stem}.jpg is left as it is: the photo is in Debian's package endless-sky-high-dpi")
            continue
        result = fluxroom.open(path, library=None).edit(words)
        target = pictures / f"{stem}.jpg"
        result.before_after(target, width=1280, overwrite=True)
        print(f"{target}: {words} ({target.stat().st_size // 1024} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
