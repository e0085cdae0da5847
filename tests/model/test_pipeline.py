"""The pipeline with fluxroom's engine: no torch needed."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import flux_model
from flux_model import FluxMultimodalPipeline
from flux_model.errors import CannotDo, FluxModelError, InputError
from flux_model.pipeline import as_image


@pytest.fixture(scope="module")
def pipe() -> FluxMultimodalPipeline:
    return FluxMultimodalPipeline.from_pretrained("flux-1/dev-multimodal", engine="darkroom")


def test_generate_ask_edit(pipe: FluxMultimodalPipeline) -> None:
    made = pipe(task="generate", prompt="a lake with mountains at dawn", size=(320, 240))
    assert made["image"].size == (320, 240) and made.engine == "darkroom"
    answer = pipe(task="vqa", image=made["image"], question="Is there water?")
    assert str(answer) == answer["answer"] != ""
    edited = pipe(task="edit", image=made["image"], instruction="make it warmer")
    assert edited["image"].size == (320, 240)
    assert not np.array_equal(np.asarray(edited["image"]), np.asarray(made["image"]))


def test_all_kinds_of_pictures() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    image = Image.fromarray(codes)
    for given in (image, codes, codes / 255.0, np.moveaxis(codes, 2, 0), codes[None], {"image": image}):
        assert np.array_equal(np.asarray(as_image(given)), codes)


def test_pictures_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no")
    for wrong in (tmp_path / "a.jpg", tmp_path / "b.jpg", np.zeros((4, 4)), 7):
        with pytest.raises(InputError):
            as_image(wrong)


def test_wrong_calls(pipe: FluxMultimodalPipeline) -> None:
    with pytest.raises(InputError, match="task must be one of"):
        pipe(task="paint", prompt="x")
    with pytest.raises(InputError, match="needs image and question"):
        pipe(task="vqa")
    with pytest.raises(InputError, match="no engine 'magic'"):
        FluxMultimodalPipeline.from_pretrained(engine="magic")
    with pytest.raises(CannotDo, match="flow"):
        pipe(task="vqa", image=np.zeros((8, 8, 3), np.uint8), question="what?", engine="flow")


def test_importing_costs_nothing_and_never_goes_upwards() -> None:
    root = Path(flux_model.__file__).parent
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(n.split(".")[0] == "fluxroom" for n in names), file
    import subprocess

    code = "import sys, flux_model; flux_model.FluxMultimodalPipeline; print([m for m in HEAVY if m in sys.modules])"
    code = code.replace("HEAVY", "('torch', 'numpy', 'PIL')")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_names_that_are_not_there() -> None:
    with pytest.raises(AttributeError):
        _ = flux_model.Nothing
    from importlib.util import find_spec

    if find_spec("torch") is None:
        with pytest.raises(FluxModelError, match=r"fluxroom\[model\]"):
            _ = flux_model.FluxDevModel
