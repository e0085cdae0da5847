"""Looking at a photo leaves no trace of the computer's identity behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import numpy as np
from fluxroom.perception.eye import look
from fluxroom.perception.session import open_network
look(np.zeros((64, 64, 3), np.uint8))
open_network("labels")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="sets the home and cache folders as Linux does")
def test_the_networks_keep_no_number_of_this_computer(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment | home, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [f for f in tmp_path.rglob("*") if "icrosoft" in str(f) or "onnx" in str(f)] == []
