"""`fluxroom warm-up`: afterwards nothing is left to compile; and where compiled kernels are kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fluxroom.compiled import VARIABLE, source_mark

CODE = """
import gc, json, sys
from fluxroom.cli.main import run
assert run(["warm-up", "-q"]) == 0
from fluxroom.cli.warm import _compiled
before = _compiled()
for words in ("moodier sky, more clouds", "warm evening light, sharper, some grain", "black and white"):
    assert run(["--library", "library", "edit", sys.argv[1], words, "-q", "--from", "v0"]) == 0
print(json.dumps(_compiled() - before))
"""


def test_after_warm_up_edits_compile_nothing(tmp_path: Path, small_photo: bytes) -> None:
    photo = tmp_path / "beach.jpg"
    photo.write_bytes(small_photo)
    done = subprocess.run([sys.executable, "-c", CODE, str(photo)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == 0


def _chosen(package: Path, **environment: str) -> str:
    """Which folder a copy of the package chooses."""
    code = f"import os, fluxroom; print(fluxroom.__file__); print(os.environ.get({VARIABLE!r}, ''))"
    inherited = {k: v for k, v in os.environ.items() if k not in (VARIABLE, "PYTHONPATH", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, "PYTHONPATH": str(package), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    where, chosen = done.stdout.split("\n")[:2]
    assert Path(where).parent == package / "fluxroom"
    return chosen


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The light part of fluxroom, as if installed."""
    import fluxroom

    root = Path(fluxroom.__file__).parent
    home = tmp_path / "site-packages" / "fluxroom"
    home.mkdir(parents=True)
    for name in ("__init__.py", "compiled.py"):
        (home / name).write_bytes((root / name).read_bytes())
    return home.parent


@pytest.mark.skipif(sys.platform != "linux", reason="sets the cache folder as Linux does")
def test_an_installed_package_keeps_kernels_with_the_user(package: Path, tmp_path: Path) -> None:
    chosen = _chosen(package, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert Path(chosen).parent == tmp_path / "cache" / "fluxroom"
    assert Path(chosen).is_dir()
    (package / "fluxroom" / "compiled.py").touch()
    assert _chosen(package, XDG_CACHE_HOME=str(tmp_path / "cache")) not in ("", chosen)


@pytest.mark.skipif(sys.platform != "linux", reason="sets the cache folder as Linux does")
def test_without_any_folder_to_write_to_it_still_starts(package: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    chosen = _chosen(package, XDG_CACHE_HOME=str(tmp_path / "file"), TMPDIR=str(tmp_path))
    assert Path(chosen).parent == tmp_path
    assert not Path(chosen).exists(), "what served one process is taken away with it"


def test_the_users_own_choice_is_kept(package: Path, tmp_path: Path) -> None:
    assert _chosen(package, **{VARIABLE: str(tmp_path)}) == str(tmp_path)


def test_the_mark_follows_every_source_file(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    file = tmp_path / "room" / "a.py"
    file.write_text("x = 1")
    mark = source_mark(tmp_path)
    assert source_mark(tmp_path) == mark
    (tmp_path / "room" / "notes.txt").write_text("no source")
    assert source_mark(tmp_path) == mark
    file.write_text("x = 12")
    assert source_mark(tmp_path) != mark
