"""A tiny flow with weights that are not trained but do something."""

from __future__ import annotations

import torch

from flux_model.config import FlowConfig
from flux_model.model import FluxDevModel


def tiny_config(**more: int) -> FlowConfig:
    told = {"width": 32, "heads": 2, "couplings": 5, "text_vocabulary": 300, "text_layers": 1, **more}
    return FlowConfig("test", **told)


def tiny_model(seed: int = 0, **more: int) -> FluxDevModel:
    torch.manual_seed(seed)
    model = FluxDevModel(tiny_config(**more)).eval()
    for parameter in model.parameters():
        parameter.data.normal_(std=0.1)
    return model
