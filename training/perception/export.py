"""ONNX files with half-precision weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from network import Eye


def halve(path: Path) -> None:
    """Store the weights as float16 and cast them back where they are used."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts, kept = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            kept.append(tensor)
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name + "_f16")
        kept.append(half)
        casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))


def to_onnx(eye: Eye, path: Path) -> None:
    """The eye, for any size that is a multiple of 32."""
    torch.onnx.export(
        eye, (torch.zeros(1, 3, 320, 512),), str(path), input_names=["image"], output_names=["probabilities"],
        dynamo=False, opset_version=17, dynamic_axes={"image": {2: "h", 3: "w"}, "probabilities": {2: "h4", 3: "w4"}},
    )  # fmt: skip
    halve(path)
