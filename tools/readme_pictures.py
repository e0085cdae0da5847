"""`make readme-pictures`: the pictures in README.md, made by the program itself.

Photos: china.jpg by danielbuechele, CC BY 2.0, in the scikit-learn package; a beach in the Maldives by Nevit Dilmen,
CC BY 3.0, in Debian's package sddm-theme-maldives (fetched with apt-get if it is not installed).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from demo import default_photo

import fluxroom

BEACH = Path("/usr/share/sddm/themes/maldives/background.jpg")
PICTURES = (
    ("beach", "epic", "让这张黄昏海滩照更具史诗感，增加云层戏剧性"),
    ("china", "dusk", "变成黄昏，云层更厚重"),
    ("china", "golden", "golden hour"),
)


def beach(folder: Path) -> Path | None:
    """The beach from the installed package, else from the package's file; None where there is no apt."""
    if BEACH.exists():
        return BEACH
    try:
        subprocess.run(["apt-get", "download", "-qq", "sddm-theme-maldives"], cwd=folder, check=True)
        package = next(folder.glob("sddm-theme-maldives*.deb"))
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
    except (OSError, StopIteration, subprocess.CalledProcessError):
        return None
    return folder / BEACH.relative_to("/")


def main() -> int:
    pictures = Path(__file__).resolve().parent.parent / "docs" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        photos = {"china": default_photo(), "beach": beach(Path(folder))}
        for name, stem, words in PICTURES:
            path = photos[name]
            if path is None:
                print(f"{stem}.jpg is left as it is: the photo is in Debian's package sddm-theme-maldives")
                continue
            result = fluxroom.open(path, library=None).edit(words)
            target = pictures / f"{stem}.jpg"
            result.before_after(target, width=1280, overwrite=True)
            print(f"{target}: {words} ({target.stat().st_size // 1024} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
