"""Ctrl-C and a polite kill: one line or none, the right exit code, nothing half-written."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from conftest import Desk


def _hears_interrupts() -> None:
    """What is started by a shell in the background ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_rendering(desk: Desk, number: signal.Signals, code: int) -> None:
    with Image.open(desk.photo) as image:
        image.resize((4000, 3000)).save(desk.photo)
    before = desk.files()
    command = [sys.executable, "-m", "fluxroom", "--library", str(desk.library), "edit", str(desk.photo)]
    process = subprocess.Popen(
        [*command, "more contrast and clarity, less noise", "--progress"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_interrupts,
    )
    assert process.stderr is not None
    seen = ""
    while "rendering" not in seen:
        line = process.stderr.readline()
        assert line, seen
        seen += line
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1:] == (["fluxroom: stopped"] if number == signal.SIGINT else [])
    assert desk.files() == before
