"""A small real photo in a folder of its own, and a way to run the command line in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from fluxroom.cli.main import run


@pytest.fixture(scope="session")
def small_photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A 320 x 214 JPEG of china.jpg (danielbuechele, CC BY 2.0, in scikit-learn), with EXIF."""
    from importlib.util import find_spec

    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    source = Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"
    file = tmp_path_factory.mktemp("photo") / "small.jpg"
    with Image.open(source) as image:
        small = image.resize((320, 214))
    exif = small.getexif()
    exif[0x010F] = "Maker of cameras"
    small.save(file, quality=90, exif=exif)
    return file.read_bytes()


@dataclass
class Said:
    code: int
    out: str
    err: str


@dataclass
class Desk:
    """A folder with `beach.jpg`, a library, and the command line."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def photo(self) -> Path:
        return self.folder / "beach.jpg"

    @property
    def library(self) -> Path:
        return self.folder / "library"

    def say(self, *arguments: str | Path, library: bool = True) -> Said:
        self.capture.readouterr()
        code = run([*(["--library", str(self.library)] if library else []), *map(str, arguments)])
        out, err = self.capture.readouterr()
        return Said(code, out, err)

    def files(self) -> dict[str, bytes]:
        """Every file outside the library, with its content."""
        return {
            str(f.relative_to(self.folder)): f.read_bytes()
            for f in self.folder.rglob("*")
            if f.is_file() and self.library not in f.parents
        }

    def refused(self, *arguments: str | Path, code: int = 2) -> str:
        """Run what must be refused: one line on stderr, nothing on stdout, nothing written. Returns the line."""
        before = self.files()
        said = self.say(*arguments)
        assert said.code == code, said
        assert said.out == ""
        assert said.err.count("\n") == 1, said.err
        assert said.err.startswith("fluxroom: ")
        assert "Traceback" not in said.err
        assert self.files() == before
        assert not (self.library / "objects").exists()
        return said.err


@pytest.fixture
def desk(tmp_path: Path, small_photo: bytes, capsys: pytest.CaptureFixture[str]) -> Desk:
    (tmp_path / "beach.jpg").write_bytes(small_photo)
    return Desk(tmp_path, capsys)
