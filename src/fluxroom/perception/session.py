"""Opening the networks in `weights/`, all in one way."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import Any


def open_network(name: str) -> Any:
    """An ONNX Runtime session of weights/NAME.onnx, on the CPU.

    ONNX Runtime (from 1.32) would give the user's computer a number, keep it in the cache folder and send word of its
    use to its maker; fluxroom works offline and tells nobody anything. It must be said before the first import.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2  # fixed: the same sums in the same order on every machine
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting must not cost a core
    options.log_severity_level = 3
    model = files("fluxroom.perception").joinpath(f"weights/{name}.onnx").read_bytes()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
