"""Bad input gets one clear line and exit code 2, and nothing is written."""

from __future__ import annotations

import io
import os
import resource
import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from conftest import Desk

DARKER = "darker"


def _bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bomb() -> bytes:
    """A PNG that says it has 40 000 x 40 000 pixels."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(bytes(100_000))) + _chunk(b"IEND", b"")


def _pictures() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)) for _ in range(2)]


def _file(name: str, desk: Desk) -> Path:
    one, two = _pictures()
    content = {
        "words.jpg": b"Dear diary, this is not a photo at all.\n" * 20,
        "empty.jpg": b"",
        "cut.jpg": desk.photo.read_bytes()[:6000],
        "pixel.png": _bytes(one.crop((0, 0, 1, 1)), "PNG"),
        "bomb.png": _bomb() if name == "bomb.png" else b"",
        "moving.gif": _bytes(one, "GIF", save_all=True, append_images=[two]),
        "moving.png": _bytes(one, "PNG", save_all=True, append_images=[two]),
        "moving.webp": _bytes(one, "WEBP", save_all=True, append_images=[two]),
        "ink.jpg": _bytes(one.convert("CMYK"), "JPEG"),
        "ink.tif": _bytes(one.convert("CMYK"), "TIFF"),
        "palette.png": _bytes(one.convert("P"), "PNG"),
    }[name]
    path = desk.folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "words.jpg", "empty.jpg", "cut.jpg", "pixel.png", "bomb.png",
        "moving.gif", "moving.png", "moving.webp", "ink.jpg", "ink.tif",
    ],
)  # fmt: skip
def test_what_is_no_photo(desk: Desk, name: str) -> None:
    line = desk.refused("edit", _file(name, desk), DARKER)
    assert name in line


def test_a_palette_is_told_and_opened(desk: Desk) -> None:
    said = desk.say("regions", _file("palette.png", desk))
    assert said.code == 0
    assert said.err.count("\n") == 1
    assert "palette" in said.err


def test_a_folder(desk: Desk) -> None:
    (desk.folder / "photos").mkdir()
    assert "folder" in desk.refused("edit", desk.folder / "photos", DARKER)


def test_a_file_that_is_not_there(desk: Desk) -> None:
    assert "nowhere.jpg" in desk.refused("edit", desk.folder / "nowhere.jpg", DARKER)
    assert "nowhere.jpg" in desk.refused("history", desk.folder / "nowhere.jpg")


def test_the_size_limit_can_be_raised_and_lowered(desk: Desk) -> None:
    assert "megapixel" in desk.refused("edit", desk.photo, DARKER, "--max-megapixels", "0.01").lower()
    line = desk.refused("edit", _file("bomb.png", desk), DARKER)
    assert "--max-megapixels" in line or "max_pixels" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file(desk: Desk) -> None:  # pragma: no cover
    desk.photo.chmod(0)
    assert "permission" in desk.refused("edit", desk.photo, DARKER)


def test_a_broken_colour_profile_is_told_and_read_as_srgb(desk: Desk) -> None:
    path = desk.folder / "profile.png"
    path.write_bytes(_bytes(_pictures()[0].resize((120, 80)), "PNG", icc_profile=b"\0" * 200))
    said = desk.say("ask", path, "what is the weather?")
    assert said.code == 0
    assert said.err.count("\n") == 1
    assert "profile" in said.err


def test_a_full_disk(desk: Desk) -> None:
    """A limit on the size of files stands in for the full disk: the same failing write, cleaned up the same way."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))

    arguments = ["edit", str(desk.photo), DARKER, "--bits", "16", "-o"]
    assert desk.say(*arguments, desk.folder / "first.tif").code == 0  # compiled kernels are cached now
    assert (desk.folder / "first.tif").stat().st_size > 130_000
    before = desk.files()
    command = [sys.executable, "-m", "fluxroom", "--library", str(desk.library), *arguments]
    done = subprocess.run(
        [*command, str(desk.folder / "out.tif")], capture_output=True, text=True, preexec_fn=limit, timeout=240
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "out.tif" in done.stderr
    assert "replay" in done.stderr
    assert desk.files() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fluxroom: 1\nadjustments:\n- operator: exposer\n", "exposure"),
        ("fluxroom: 1\nadjustments:\n- operator: exposure@99\n", "version 99"),
        ("fluxroom: 1\nadjustments:\n- operator: exposure\n  parameters: {stops: 99}\n", "out of range"),
        ("fluxroom: 1\nadjustments:\n- operator: exposure\n  parameters: {steps: 1}\n", "steps"),
        ("fluxroom: 1\nadjustments:\n- operator: exposure\n  region: heaven\n", "heaven"),
        ("fluxroom: 2\nadjustments: []\n", "update fluxroom"),
        ("adjustments: []\n", "fluxroom: 1"),
        ("a: [1\n", "YAML"),
        ("just words\n", "mapping"),
    ],
)
def test_a_recipe_that_cannot_be_carried_out(desk: Desk, text: str, says: str) -> None:
    recipe = desk.folder / "recipe.yaml"
    recipe.write_text(text)
    assert says in desk.refused("render", desk.photo, recipe, "-o", desk.folder / "out.jpg")


def test_a_recipe_that_is_no_text(desk: Desk) -> None:
    assert "text" in desk.refused("render", desk.photo, desk.photo)
    assert "nowhere.yaml" in desk.refused("render", desk.photo, desk.folder / "nowhere.yaml")


@pytest.mark.parametrize("words", ["", "   ", "flurb the wibble", "咕噜咕噜", "1234 !?", "darker\udcff"])
def test_a_sentence_that_means_nothing(desk: Desk, words: str) -> None:
    desk.refused("edit", desk.photo, words)


@pytest.mark.parametrize("words", ["darker and keep it exactly as it is", "更暗一些，但整张照片保持不变"])
def test_contradictory_words(desk: Desk, words: str) -> None:
    desk.refused("edit", desk.photo, words)


@pytest.mark.parametrize("words", ["darker", "暗一点"])
def test_an_output_that_cannot_be_written(desk: Desk, words: str) -> None:
    assert "original" in desk.refused("edit", desk.photo, words, "-o", desk.photo)
    assert "original" in desk.refused("edit", desk.photo, words, "-o", desk.photo, "--overwrite")
    assert "nowhere" in desk.refused("edit", desk.photo, words, "-o", desk.folder / "nowhere" / "out.jpg")
    assert ".tiff" in desk.refused("edit", desk.photo, words, "-o", desk.folder / "out.exr")
    assert "folder" in desk.refused("edit", desk.photo, words, "-o", desk.folder)
    (desk.folder / "there.jpg").write_bytes(b"precious")
    assert "--overwrite" in desk.refused("edit", desk.photo, words, "-o", desk.folder / "there.jpg")
    assert "--overwrite" in desk.refused("edit", desk.photo, words, f"--before-after={desk.folder / 'there.jpg'}")
    link = desk.folder / "link.jpg"
    link.symlink_to(desk.photo)
    assert "original" in desk.refused("edit", desk.photo, words, "-o", link, "--overwrite")


@pytest.mark.parametrize(
    "arguments",
    [
        ["edit"],
        ["edit", "beach.jpg"],
        ["nothing"],
        ["--nothing"],
        ["edit", "beach.jpg", "darker", "--threads", "0"],
        ["edit", "beach.jpg", "darker", "--seed", "-1"],
        ["edit", "beach.jpg", "darker", "--bits", "12"],
        ["edit", "beach.jpg", "darker", "--max-megapixels", "nan"],
        ["rollback", "beach.jpg"],
        ["completion", "tcsh"],
    ],
)
def test_usage(desk: Desk, arguments: list[str]) -> None:
    desk.refused(*[str(desk.photo) if a == "beach.jpg" else a for a in arguments])


def test_versions_that_are_not_there(desk: Desk) -> None:
    assert "v7" in desk.refused("rollback", desk.photo, "v7")
    assert "v7" in desk.refused("replay", desk.photo, "v7")
    assert "v7" in desk.refused("history", desk.photo, "v7")
    assert "v1, v2" in desk.refused("rollback", desk.photo, "seven")
    assert "v7" in desk.refused("edit", desk.photo, "darker", "--from", "v7")


def test_errors_for_machines_are_one_object(desk: Desk) -> None:
    import json

    said = desk.say("rollback", desk.photo, "v7", "--json")
    assert said.code == 2
    assert json.loads(said.out)["error"]["kind"] == "VersionNotFound"
    assert said.err.count("\n") == 1


def test_a_damaged_library_is_exit_code_1(desk: Desk) -> None:
    desk.library.mkdir()
    (desk.library / "history.sqlite").write_bytes(b"no database" * 500)
    line = desk.refused("history", desk.photo, code=1)
    assert "damaged" in line


def test_what_should_not_happen_is_one_line_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("fluxroom.api.open", broken)
    assert "FLUXROOM_DEBUG=1" in desk.refused("ask", desk.photo, "when?", code=1)
    monkeypatch.setenv("FLUXROOM_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        desk.say("ask", desk.photo, "when?")
