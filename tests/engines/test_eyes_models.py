"""Vision-language models through transformers: tiny ones, made here, loaded by the real loading code.

Some have random weights and speak nonsense; some have weights written by hand and say one thing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_models import MODELS, make  # noqa: E402

from fluxroom import api  # noqa: E402
from fluxroom.cli.main import run  # noqa: E402
from fluxroom.engines.eyes import choose  # noqa: E402
from fluxroom.engines.eyes.chat import Chat, PointingChat  # noqa: E402
from fluxroom.engines.eyes.florence import Florence  # noqa: E402
from fluxroom.engines.eyes.loading import load  # noqa: E402
from fluxroom.engines.eyes.preview import preview  # noqa: E402
from fluxroom.errors import EyeFailed, EyeUnusable, InputError, NothingUnderstood  # noqa: E402
from fluxroom.perception import Answer, Pointer  # noqa: E402
from fluxroom.photo import Photo  # noqa: E402

torch.set_num_threads(1)  # nothing here is worth sharing out
CHATS = [family for family in MODELS if family != "florence2"]
SAYS = '{"answer": "There is a boat.", "value": "yes", "confidence": 0.9, "box": [28, 28, 84, 56]}'
SEEN = "boat<loc_100><loc_200><loc_300><loc_400>"
Make = Callable[..., Path]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes each model once; tests that change a folder take a copy."""
    made: dict[tuple[str, str], Path] = {}

    def get(family: str, says: str = "") -> Path:
        if (family, says) not in made:
            made[family, says] = make(family, tmp_path_factory.mktemp("model") / family, says)
        return made[family, says]

    return get


def short(path: Path, longest: int = 6) -> Any:
    """The eye of a folder, told to be brief: random weights never end."""
    eye = load(str(path), device="cpu")
    assert isinstance(eye, (Chat, Florence))
    eye.longest = longest
    return eye


def well_formed(answer: Answer) -> None:
    assert answer.text.isprintable()
    assert len(answer.text) < 430
    assert 0 <= answer.confidence <= 1
    assert answer.kind != "unknown"
    json.dumps(answer.to_dict(), allow_nan=False)


@pytest.mark.parametrize("family", MODELS)
def test_random_weights_speak_honest_nonsense(folder: Make, photo: Photo, family: str) -> None:
    path = folder(family)
    eye = short(path)
    assert eye.name == family
    assert eye.licence == "apache-2.0"
    other = short(path)
    for question in ("is there a boat?", "图里有没有船？", "where is the boat?", "what does the sign say?"):
        answer = eye.answer(photo, question)
        well_formed(answer)
        assert answer.confidence <= 0.5
        assert any(word in answer.text for word in ("not sure", "把握不大", "no answer", "没有给出回答"))
        assert "licence: apache-2.0" in answer.evidence[0]
        assert answer == other.answer(photo, question)


@pytest.mark.parametrize("family", MODELS)
def test_marks_in_a_question_are_words(folder: Make, photo: Photo, family: str) -> None:
    marks = "<image> <|image_pad|><|vision_start|><fake_token_around_image> <OCR></s><loc_5> is there a boat?"
    well_formed(short(folder(family), 3).answer(photo, marks))
    with pytest.raises(NothingUnderstood):
        short(folder(family), 3).answer(photo, "")


@pytest.mark.parametrize("family", CHATS)
def test_the_picture_is_looked_at(folder: Make, photo: Photo, family: str) -> None:
    eye = short(folder(family), 1)
    dark = replace(photo, codes=np.zeros_like(photo.codes))
    sure = [eye._say(preview(p), "Look.", "is there a boat?", 1).probability for p in (photo, dark)]
    assert sure[0] != sure[1]


@pytest.mark.parametrize("family", CHATS)
def test_a_model_that_says_json(folder: Make, photo: Photo, family: str) -> None:
    answer = short(folder(family, SAYS), 2).answer(photo, "is there a boat?")
    assert answer.text == "There is a boat."
    assert (answer.kind, answer.value, answer.confidence) == ("exists", "yes", 0.9)
    if family == "qwen2_5_vl":  # it counts pixels of what it was given: 1024 x 683 reduced to 112 x 84
        assert answer.box == (0.25, 0.333, 0.75, 0.667)
    elif family.startswith("qwen"):
        assert answer.box == (0.028, 0.028, 0.084, 0.056)
    else:
        assert answer.box is None


@pytest.mark.parametrize("family", ["qwen2_vl", "qwen2_5_vl", "qwen3_vl"])
def test_models_that_point(folder: Make, photo: Photo, family: str) -> None:
    says = '[{"bbox_2d": [28, 28, 84, 56], "label": "boat"}]'
    eye = short(folder(family, says), 1)
    assert isinstance(eye, PointingChat)
    (found,) = eye.locate(photo, "the boat")
    assert found.label == "boat"
    assert found.box == ((0.25, 0.333, 0.75, 0.667) if family == "qwen2_5_vl" else (0.028, 0.028, 0.084, 0.056))
    assert found.confidence > 0.9
    assert short(folder(family), 4).locate(photo, "the boat") == []


def test_a_model_that_does_not_point(folder: Make, photo_file: Path) -> None:
    eye = short(folder("smolvlm"), 1)
    assert not isinstance(eye, Pointer)
    with pytest.raises(InputError, match="not taught to point"):
        api.open(photo_file, library=None).locate("the boat", eye=eye)


def test_florence_points_names_and_reads(folder: Make, photo: Photo) -> None:
    eye = short(folder("florence2", SEEN), 4)
    box = (0.1, 0.2, 0.3, 0.4)
    (found,) = eye.locate(photo, "船")
    assert (found.label, found.box) == ("boat", box)
    there = eye.answer(photo, "图里有没有船？")
    assert (there.text, there.value, there.box) == ("有船。", "yes", box)
    where = eye.answer(photo, "where is the boat?")
    assert (where.text, where.value, where.box) == ("The boat is to be seen at the top left.", "top left", box)
    missing = eye.answer(photo, "is there a dog?")
    assert (missing.value, missing.box) == ("no", None)
    assert "not sure" in missing.text
    assert eye.answer(photo, "what does the sign say?").text.startswith('It reads "boat')
    assert eye.answer(photo, "describe it").text.startswith("boat")
    assert eye.answer(photo, "讲讲这张照片").text.startswith("这个模型只会用英文描述：boat")


def test_a_folder_that_lacks_tensors(folder: Make, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = shutil.copytree(folder("qwen2_5_vl"), tmp_path / "m")
    weights = load_file(path / "model.safetensors")
    weights.popitem()
    save_file(weights, path / "model.safetensors", {"format": "pt"})
    with pytest.raises(EyeUnusable, match="1 of its tensors are missing"):
        load(str(path))


@pytest.mark.parametrize("damaged", ["model.safetensors", "tokenizer.json", "preprocessor_config.json"])
def test_damaged_folders(folder: Make, tmp_path: Path, damaged: str) -> None:
    path = shutil.copytree(folder("qwen2_5_vl"), tmp_path / "m")
    (path / damaged).write_bytes(b"\x00\x01\x02")
    with pytest.raises(EyeUnusable, match="cannot be loaded") as raised:
        load(str(path))
    assert str(raised.value).isprintable()


def test_no_chat_template(folder: Make, tmp_path: Path) -> None:
    path = shutil.copytree(folder("smolvlm"), tmp_path / "m")
    (path / "chat_template.jinja").unlink()
    with pytest.raises(EyeUnusable, match="no chat template"):
        load(str(path))


def test_code_in_a_folder_is_not_run(folder: Make, tmp_path: Path, photo: Photo) -> None:
    path = shutil.copytree(folder("qwen2_5_vl"), tmp_path / "m")
    config = json.loads((path / "config.json").read_text("utf-8"))
    config["auto_map"] = dict.fromkeys(("AutoConfig", "AutoModelForImageTextToText", "AutoProcessor"), "evil.Evil")
    (path / "config.json").write_text(json.dumps(config), "utf-8")
    (path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n", "utf-8")
    well_formed(short(path, 1).answer(photo, "is there a boat?"))
    assert not (tmp_path / "ran").exists()


def test_devices_and_dtypes(folder: Make, photo: Photo) -> None:
    eye: Any = load(str(folder("qwen2_5_vl", SAYS)), device="cpu", dtype="bfloat16")
    assert eye.loaded.model.dtype == torch.bfloat16
    eye.longest = 2
    assert eye.answer(photo, "is there a boat?").text == "There is a boat."
    standard: Any = choose(str(folder("qwen2_5_vl")))
    cuda = torch.cuda.is_available()
    assert standard.loaded.model.device.type == ("cuda" if cuda else "cpu")
    assert standard.loaded.model.dtype == (torch.bfloat16 if cuda else torch.float32)
    if not cuda:
        with pytest.raises(EyeUnusable, match="no cuda here"):
            load(str(folder("qwen2_5_vl")), device="cuda")


def test_out_of_memory(folder: Make, photo: Photo) -> None:
    """A real one: the allocator is asked for more than any machine has."""
    eye = short(folder("qwen2_5_vl"), 1)

    def hoard(*_: Any) -> None:
        torch.empty(1 << 60, dtype=torch.uint8)

    eye.loaded.model.register_forward_pre_hook(hoard)
    with pytest.raises(EyeFailed, match="not enough memory on the device"):
        eye.answer(photo, "is there a boat?")


def test_a_hub_name_without_a_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EyeUnusable, match="nobody/nothing: the model cannot be loaded"):
        load("nobody/nothing")


def test_on_the_command_line(
    folder: Make, photo_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder("smolvlm", SAYS)
    arguments = ["--library", str(tmp_path), "ask", str(photo_file), "is there a boat?", "--eye-device", "cpu"]
    capsys.readouterr()
    assert run([*arguments, "--eye", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == "There is a boat.\n"
    assert err == "fluxroom: smolvlm; licence of its weights: apache-2.0\n"
    assert run([*arguments, "--eye", str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_in_python(folder: Make, photo_file: Path) -> None:
    opened = api.open(photo_file, library=None)
    eye = short(folder("florence2", SEEN), 4)
    assert opened.ask("is there a boat?", eye=eye).value == "yes"
    assert [f.label for f in opened.locate("boat", eye=eye)] == ["boat"]
