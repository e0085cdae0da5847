"""The flow as ONNX: noise and token ids in, latent out, for machines without torch.

    export(model, "flow.onnx")      # needs torch, onnx and onnxscript
    run("flow.onnx", ids, noise)    # needs onnxruntime only

Exact mode (float32), for the size of pictures that the model was trained on, any batch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flux_model.errors import MissingExtra

if TYPE_CHECKING:
    from flux_model.model import FluxDevModel


def export(model: FluxDevModel, file: str | Path, tokens: int = 32) -> Path:
    """Write the pass from noise to latent. Prompts are of `tokens` ids, padded with 0."""
    try:
        import onnxscript  # noqa: F401
        import torch
    except ImportError as error:
        raise MissingExtra(f"export needs {error.name}: pip install onnx onnxscript") from None

    class Pass(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.flow = model

        def forward(self, noise: Any, input_ids: Any) -> Any:
            return self.flow.inverse(noise, self.flow.prompt(input_ids))

    side = model.config.image_size // 8
    noise = torch.zeros(2, model.config.latent_channels, side, side)
    ids = torch.ones(2, tokens, dtype=torch.int64)
    batch = torch.export.Dim("batch", min=1, max=256)
    with torch.no_grad():
        torch.onnx.export(
            Pass().eval(), (noise, ids), str(file), input_names=["noise", "input_ids"], output_names=["latent"],
            dynamic_shapes={"noise": {0: batch}, "input_ids": {0: batch}}, dynamo=True, external_data=False,
            verbose=False,
        )  # fmt: skip
    return Path(file)


def run(file: str | Path, input_ids: NDArray[np.int64], noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Latents (B, 16, h, w) from noise of that shape and ids (B, T)."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (latent,) = session.run(None, {"noise": noise, "input_ids": input_ids})
    return np.asarray(latent)
