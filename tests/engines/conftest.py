"""A photo with everything in it that must not leave the machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fluxroom.photo import Photo, open_photo

MAKER = "Maker of cameras"


@pytest.fixture(scope="session")
def photo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1500 x 1000 JPEG: blue above, sand below, with EXIF that names camera and place."""
    rows = np.linspace(0, 1, 1000)[:, None, None]
    picture = np.where(rows < 0.5, np.array([90, 140, 220]), np.array([210, 180, 130])) * np.ones((1, 1500, 1))
    image = Image.fromarray(picture.astype(np.uint8))
    exif = image.getexif()
    exif[0x010F] = MAKER
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    file = tmp_path_factory.mktemp("eyes") / "photo.jpg"
    image.save(file, exif=exif, quality=92)
    return file


@pytest.fixture(scope="session")
def photo(photo_file: Path) -> Photo:
    return open_photo(photo_file)
