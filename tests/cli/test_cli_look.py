"""What is seen, what can be done, and how the command line speaks."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from fluxroom.cli.main import COMMANDS
from fluxroom.cli.progress import Bar

if TYPE_CHECKING:
    from conftest import Desk


def test_regions_and_masks(desk: Desk) -> None:
    masks, overlay = desk.folder / "masks", desk.folder / "overlay.png"
    said = desk.say("regions", desk.photo, "-o", overlay, "--masks", masks, "--json")
    assert said.code == 0, said
    data = json.loads(said.out)
    assert data["regions"]["sky"]["share"] > 0.1
    with Image.open(overlay) as image:
        assert image.size == (320, 214)
    for name in ("sky", "water"):
        with Image.open(masks / f"{name}.png") as image:
            assert (image.mode, image.size) == ("L", (320, 214))
    refused = desk.say("regions", desk.photo, "--masks", masks)
    assert refused.code == 2
    assert "--overwrite" in refused.err
    assert desk.say("regions", desk.photo, "--masks", masks, "--overwrite").code == 0
    in_the_way = desk.say("regions", desk.photo, "--masks", desk.photo)
    assert in_the_way.code == 2


def test_ask(desk: Desk) -> None:
    said = desk.say("ask", desk.photo, "how much of it is sky?")
    assert said.code == 0, said
    assert "%" in said.out
    assert said.out.count("\n") == 1
    said = desk.say("ask", desk.photo, "这是什么时候拍的？", "--json")
    assert set(json.loads(said.out)) >= {"text", "kind", "value", "confidence"}


def test_what_an_answer_rests_on_is_drawn(desk: Desk) -> None:
    picture = desk.folder / "where.png"
    said = desk.say("ask", desk.photo, "where is the sky?", "-o", picture, "--json")
    assert said.code == 0, said
    data = json.loads(said.out)
    assert data["picture"] == str(picture)
    assert len(data["box"]) == 4
    with Image.open(picture) as image:
        assert image.size == (320, 214)
    assert desk.say("ask", desk.photo, "where is the sky?", "-o", picture).code == 2


def test_two_photos_or_versions_are_compared(desk: Desk) -> None:
    warm = desk.folder / "warm.png"
    assert desk.say("edit", desk.photo, "much warmer", "-o", warm, "--no-review").code == 0
    assert "The second is warmer" in desk.say("ask", desk.photo, "which is warmer?", "--with", warm).out
    assert "v1更暖" in desk.say("ask", desk.photo, "哪张更暖？", "--with", "v1").out
    assert "v1 is warmer" in desk.say("ask", desk.photo, "which is warmer?", "--from", "v1", "--with", "v0").out.lower()
    assert desk.say("ask", desk.photo, "what colour is the sky?", "--from", "v1").code == 0
    assert desk.say("ask", desk.photo, "which is warmer?", "--with", "v7").code == 2


def test_comparing_needs_two(desk: Desk) -> None:
    assert "two photos" in desk.refused("ask", desk.photo, "which is warmer?")


@pytest.mark.parametrize("question", ["", "who is the president of the moon?"])
def test_a_question_that_cannot_be_answered(desk: Desk, question: str) -> None:
    desk.refused("ask", desk.photo, question)


def test_operators(desk: Desk) -> None:
    said = desk.say("operators", library=False)
    assert said.code == 0
    assert "exposure@" in said.out
    one = json.loads(desk.say("operators", "exposure", "--json").out)["operators"]
    assert [o["name"] for o in one] == ["exposure"]
    assert {"name", "default", "low", "high", "unit", "label"} <= set(one[0]["parameters"][0])
    assert "did you mean 'exposure'" in desk.refused("operators", "exposer")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(desk: Desk, command: str) -> None:
    said = desk.say(command, "--help")
    assert said.code == 0
    assert f"  fluxroom {command}" in said.out


def test_help_names_every_command(desk: Desk) -> None:
    said = desk.say("--help")
    assert all(command in said.out for command in COMMANDS)
    assert "fluxroom, version" in desk.say("--version", library=False).out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(desk: Desk, shell: str) -> None:
    said = desk.say("completion", shell)
    assert said.code == 0
    assert "_FLUXROOM_COMPLETE" in said.out


def test_a_closed_pipe_is_no_error() -> None:
    script = f"{sys.executable} -m fluxroom operators | head -n 1 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("0", "")


def test_progress_on_a_terminal_and_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    now = 0.0
    monkeypatch.setattr("fluxroom.cli.progress.time.monotonic", lambda: now)
    terminal = Terminal()
    bar = Bar("zh", stream=terminal)
    bar("open", 0.0)
    assert terminal.getvalue() == ""  # nothing before it takes long
    now = 2.0
    bar("render", 0.5)
    assert "渲染" in terminal.getvalue()
    bar.close()
    assert terminal.getvalue().endswith("\r\x1b[K")
    size = len(terminal.getvalue())
    bar("save", 1.0)
    assert len(terminal.getvalue()) == size

    for shown, text in ((None, ""), (True, "opening ...\nrendering ...\n"), (False, "")):
        file = io.StringIO()
        bar = Bar("en", shown=shown, stream=file)
        for stage in ("open", "render", "render"):
            bar(stage, 0.1)
        bar.close()
        assert file.getvalue() == text


def test_progress_never_goes_back_but_to_revise() -> None:
    totals = [
        Bar._total(stage, part)
        for stage in ("open", "perceive", "interpret", "render", "review", "remember", "save")
        for part in (0, 0.5, 1)
    ]
    assert totals == sorted(totals)
    assert totals[-1] == 1.0
