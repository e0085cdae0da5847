"""A tiny flow with weights that are not trained but do something, and a folder with all parts of a checkpoint."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flux_model.config import FlowConfig
    from flux_model.model import FluxDevModel

collect_ignore = [] if find_spec("torch") else ["test_flow.py", "test_parts.py", "test_training.py", "test_document.py"]


def tiny_config(**more: int) -> FlowConfig:
    from flux_model.config import FlowConfig

    told = {"width": 32, "heads": 2, "couplings": 5, "text_vocabulary": 300, "text_layers": 1, **more}
    return FlowConfig("test", **told)


def tiny_model(seed: int = 0, **more: int) -> FluxDevModel:
    import torch

    from flux_model.model import FluxDevModel

    torch.manual_seed(seed)
    model = FluxDevModel(tiny_config(**more)).eval()
    for parameter in model.parameters():
        parameter.data.normal_(std=0.1)
    return model


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from flux_model.codec import PatchBasis
    from flux_model.tokenizer import FluxTokenizer
    from flux_model.training.data import pictures

    folder = tmp_path_factory.mktemp("checkpoint")
    FluxTokenizer.train(["a red balloon over the sea", "红色的气球"] * 20, 300).save_pretrained(folder / "tokenizer")
    tiny_model().save_pretrained(folder / "checkpoint")
    PatchBasis.fit(pictures(range(40), 64)).save_pretrained(folder / "codec")
    return folder
