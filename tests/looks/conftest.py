"""china.jpg (danielbuechele, CC BY 2.0, in scikit-learn), small, and a library of its own."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

import fluxroom


def china() -> Path:
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"


@pytest.fixture(scope="session")
def photo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("looks") / "china.png"
    with Image.open(china()) as image:
        image.resize((320, 214), Image.Resampling.LANCZOS).save(file)
    return file


@pytest.fixture(scope="session")
def photo(photo_file: Path) -> fluxroom.Photo:
    opened = fluxroom.open(photo_file, library=None)
    _ = opened.scene
    return opened


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "library"
    monkeypatch.setenv("FLUXROOM_LIBRARY", str(folder))
    return folder
