"""flux_model: an invertible, text-conditioned Flow Transformer that makes a picture in one forward pass.

    from flux_model import FluxDevModel, FluxImageDecoder, FluxTokenizer
    from flux_model import FluxMultimodalPipeline

The model needs `pip install "fluxroom[model]"` (torch, safetensors, tokenizers); the pipeline also works without it,
with the engines that are there. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "FluxDevModel": "model",
    "FluxTokenizer": "tokenizer",
    "FluxImageDecoder": "codec",
    "FluxImageEncoder": "codec",
    "FluxMultimodalPipeline": "pipeline",
    "RectifiedFlow": "rectified",
    "FlowConfig": "config",
    "FluxModelError": "errors",
}
__all__ = [*_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'flux_model' has no attribute {name!r}")
    try:
        return getattr(import_module(f"flux_model.{_WHERE[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "safetensors", "tokenizers"):
            raise
        from flux_model.errors import MissingExtra

        raise MissingExtra(f'{name} needs {error.name}: pip install "fluxroom[model]"') from None


def __dir__() -> list[str]:
    return sorted(__all__)
