"""A folder with all parts of a checkpoint, tiny and untrained."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore = [] if find_spec("torch") else ["test_flow.py", "test_parts.py", "test_training.py", "test_document.py"]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_flow import tiny_model

    from flux_model.codec import PatchBasis
    from flux_model.tokenizer import FluxTokenizer
    from flux_model.training.data import pictures

    folder = tmp_path_factory.mktemp("checkpoint")
    FluxTokenizer.train(["a red balloon over the sea", "红色的气球"] * 20, 300).save_pretrained(folder / "tokenizer")
    tiny_model().save_pretrained(folder / "checkpoint")
    PatchBasis.fit(pictures(range(40), 64)).save_pretrained(folder / "codec")
    return folder
