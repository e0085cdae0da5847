"""Training: resumes where it stopped, learns, and its scenes say what they show."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_flow import tiny_config

from flux_model.config import CONFIGS
from flux_model.training import train as training
from flux_model.training.data import HELD_OUT, Batches, pictures, prepare


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIGS, "nano", tiny_config)
    monkeypatch.setattr(training, "held_out", lambda *_: 0.0)


def arguments(out: Path, prepared: Path, **more: object) -> argparse.Namespace:
    told = {
        "out": out, "prepared": prepared, "kind": "flow", "config": "nano", "steps": 50, "batch": 4, "accumulate": 1,
        "lr": 3e-3, "warm": 5, "noise": 0.07, "seed": 0, "first_scene": 0, "workers": 0, "check_every": 1000,
        "compile": False, "save_minutes": 1e9,
    }  # fmt: skip
    return argparse.Namespace(**{**told, **more})


@pytest.mark.parametrize("kind", ["flow", "rectified"])
def test_it_learns_and_writes_everything(tmp_path: Path, checkpoint: Path, kind: str) -> None:
    import json

    training.train(arguments(tmp_path, checkpoint, kind=kind, steps=100))
    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [t["step"] for t in told] == [50, 100]
    assert told[1]["loss"] < told[0]["loss"]
    assert (tmp_path / "ema" / "model.safetensors").exists() and list((tmp_path / "sheets").glob("*.png"))


def test_it_goes_on_with_the_scenes_that_come_next(tmp_path: Path, checkpoint: Path) -> None:
    training.train(arguments(tmp_path, checkpoint, steps=3))
    first = torch.load(tmp_path / "state.pt", weights_only=True)
    training.train(arguments(tmp_path, checkpoint, steps=5))
    then = torch.load(tmp_path / "state.pt", weights_only=True)
    assert (first["step"], then["step"]) == (3, 5)
    moved = [not torch.equal(first["model"][k], then["model"][k]) for k in first["model"] if "order" not in k]
    assert np.mean(moved) > 0.9


def test_batches_are_the_same_wherever_one_begins(checkpoint: Path) -> None:
    from flux_model.tokenizer import FluxTokenizer

    tokenizer = FluxTokenizer.from_pretrained(checkpoint)
    whole = iter(Batches(tokenizer, 64, 4))
    _, second = next(whole), next(whole)
    later = next(iter(Batches(tokenizer, 64, 4, start=4)))
    assert torch.equal(second[0], later[0]) and torch.equal(second[1], later[1])


def test_pixels_are_dequantised_within_their_step() -> None:
    x = (pictures(range(HELD_OUT, HELD_OUT + 2), 64) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    y = prepare(x)
    assert torch.equal((y * 256).floor().clamp(max=255).to(torch.uint8), x.permute(0, 3, 1, 2))
