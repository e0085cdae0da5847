"""Batches of drawn scenes: a scene's number decides it wholly, so that training can go on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from flux_model.tokenizer import FluxTokenizer
from flux_model.training.captions import caption
from flux_model.training.scenes import Scene, draw, random_scene

HELD_OUT = 1_000_000_000
"""Scenes from this number on are never trained on."""
DROP = 0.1
"""Share of captions that are left away, so that the model also knows pictures without words."""


def scene(number: int) -> Scene:
    return random_scene(np.random.default_rng([number, 1]))


def picture(number: int, size: int) -> np.ndarray:
    """Scene `number`, drawn: uint8 (size, size, 3)."""
    return np.rint(draw(scene(number), size, seed=number) * 255).astype(np.uint8)


def pictures(numbers: range, size: int) -> Tensor:
    """float32 (B, 3, size, size) in [0, 1], in whole steps of 1/255."""
    made = np.stack([picture(n, size) for n in numbers])
    return torch.from_numpy(made).permute(0, 3, 1, 2).float() / 255


@dataclass
class Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless (pictures uint8 (B, size, size, 3), token ids (B, T)) from scene `start` on."""

    tokenizer: FluxTokenizer
    size: int
    batch: int
    start: int = 0
    stride: int = 1
    """Batches that other processes take between two of ours."""
    length: int = 28
    """Tokens that every caption is padded to or cut at: one shape, so that a compiled model stays compiled."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        told = torch.utils.data.get_worker_info()
        worker, workers = (told.id, told.num_workers) if told else (0, 1)
        at = self.start + worker * self.batch * self.stride
        while True:
            numbers = range(at, at + self.batch)
            texts = [
                "" if np.random.default_rng([n, 2]).random() < DROP else caption(scene(n), seed=n) for n in numbers
            ]
            ids = self.tokenizer(texts, padding="max_length", max_length=self.length, return_tensors="pt")["input_ids"]
            yield torch.from_numpy(np.stack([picture(n, self.size) for n in numbers])), ids
            at += self.batch * self.stride * workers


def prepare(image: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """uint8 (B, H, W, 3) -> float (B, 3, H, W) with uniform dequantisation: what densities of pixels are of."""
    x = image.permute(0, 3, 1, 2).float()
    return (x + torch.rand(x.shape, generator=generator).to(x.device)) / 256
