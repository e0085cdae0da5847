"""Which eye, the embedded one in the protocol, and what an eye is shown."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fluxroom import api
from fluxroom.engines.eyes import Embedded, choose
from fluxroom.engines.eyes.loading import licence_of, load
from fluxroom.engines.eyes.preview import as_jpeg, preview
from fluxroom.errors import EyeUnusable
from fluxroom.perception import Pointer
from fluxroom.photo import Photo, open_photo


def test_the_embedded_eye_is_the_default(photo_file: Path) -> None:
    opened = api.open(photo_file, library=None)
    asked = opened.ask("how much of it is sky?")
    assert asked == opened.ask("how much of it is sky?", eye="embedded")
    assert asked == choose("embedded").answer(opened.pixels, "how much of it is sky?")
    assert asked == opened.ask("how much of it is sky?", eye=choose())


def test_the_embedded_eye_points() -> None:
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    china = Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"
    opened = api.open(china, library=None)
    for words in ("sky", "天空"):
        (found,) = opened.locate(words)
        assert found.box[1] < 0.1
        assert found.box[3] < 0.7
    assert opened.locate("giraffe") == []
    assert opened.locate("qwxyz") == []
    assert isinstance(Embedded(), Pointer)


@pytest.mark.parametrize("name", ["", "nothing", "a/b/c", "../x", "ftp://h/v1", "."])
def test_no_such_eye(name: str) -> None:
    with pytest.raises(EyeUnusable) as raised:
        choose(name)
    assert "\n" not in str(raised.value)


def test_folders_that_are_no_models(tmp_path: Path) -> None:
    with pytest.raises(EyeUnusable, match=r"no config\.json"):
        load(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_5_vl"}', "utf-8")
    with pytest.raises(EyeUnusable, match="no weights"):
        load(str(tmp_path))
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(EyeUnusable, match="pickled"):
        load(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"")
    for config in ('{"model_type": "gpt2"}', "[]", "{}"):
        (tmp_path / "config.json").write_text(config, "utf-8")
        with pytest.raises(EyeUnusable, match=r"understood are .*florence2.*qwen2_5_vl.*smolvlm"):
            load(str(tmp_path))
    (tmp_path / "config.json").write_text("{", "utf-8")
    with pytest.raises(EyeUnusable, match="cannot be loaded"):
        load(str(tmp_path))


def test_devices_and_dtypes(tmp_path: Path) -> None:
    with pytest.raises(EyeUnusable, match="must be cpu"):
        load(str(tmp_path), device="tpu")
    with pytest.raises(EyeUnusable, match="one of float32"):
        load(str(tmp_path), dtype="int8")


def test_without_the_packages_it_says_which(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "smolvlm"}', "utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from fluxroom.engines.eyes import choose\n"
        f"try: choose({str(tmp_path)!r})\n"
        "except Exception as e: print(type(e).__name__, e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("EyeUnusable")
    assert 'pip install "fluxroom[vision]"' in done.stdout


def test_choosing_loads_nothing_heavy() -> None:
    code = (
        "import sys; from fluxroom.engines.eyes import choose\n"
        "choose('embedded'); choose('http://localhost/v1', model='x')\n"
        "print([m for m in ('torch', 'transformers', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("files", "licence"),
    [
        ({"README.md": "---\nlicense: apache-2.0\n---\n"}, "apache-2.0"),
        ({"README.md": "---\nlicense: other\nlicense_name: 'qwen-research'\n---\n"}, "qwen-research"),
        ({"README.md": "# license: no\n", "config.json": json.dumps({"license": "MIT"})}, "MIT"),
        ({"LICENSE": "\n   Apache License\n Version 2.0\n"}, "Apache License"),
        ({"README.md": "nothing", "config.json": "{"}, ""),
    ],
)
def test_licences(tmp_path: Path, files: dict[str, str], licence: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert licence_of(str(tmp_path), True) == licence


def test_the_preview(photo: Photo) -> None:
    picture = preview(photo)
    assert (picture.mode, picture.size) == ("RGB", (1024, 683))
    assert b"Exif" not in as_jpeg(picture)
    grey = replace(photo, codes=photo.codes[:40, :30, :1].copy())
    assert preview(grey).size == (30, 40)


@pytest.mark.parametrize("bits", [8, 16])
def test_what_is_transparent_is_not_shown(photo: Photo, bits: int) -> None:
    kind = np.uint8 if bits == 8 else np.uint16
    top = np.iinfo(kind).max
    codes = np.zeros((20, 20, 3), kind)
    alpha = np.full((20, 20), top, kind)
    codes[:10], alpha[:10] = (top, 0, 0), 0
    seen = np.asarray(preview(replace(photo, codes=codes, alpha=alpha)))
    assert (seen[:10] == 255).all()
    assert (seen[10:] == 0).all()


def test_very_long_photos(tmp_path: Path) -> None:
    Image.new("RGB", (3000, 8), "white").save(tmp_path / "long.png")
    width, height = preview(open_photo(tmp_path / "long.png")).size
    assert (width, height) == (1024, 10)
