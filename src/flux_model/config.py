"""Sizes of the Flow Transformer, from one that a laptop trains to one of FLUX's size; and its parameters, counted.

The numbers of double-stream and single-stream blocks of `dev` add up to those of FLUX.1: 19 couplings of 1 + 2.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from flux_model.errors import CheckpointError


@dataclass(frozen=True)
class FlowConfig:
    """Everything that decides the shape of a Flow Transformer."""

    name: str = "nano"
    width: int = 160
    heads: int = 5
    couplings: int = 12
    double_blocks: int = 0
    single_blocks: int = 2
    mlp_ratio: int = 4
    spatial_every: int = 4
    """Every so many couplings the state is split over the checkerboard of tokens instead of over channels."""
    latent_channels: int = 16
    patch: int = 2
    """Latent pixels a side that make a token: 16 channels x 2 x 2 = 64 numbers a token."""
    text_vocabulary: int = 4096
    text_layers: int = 3
    text_length: int = 64
    image_size: int = 64
    """Pixels a side of the pictures that it was trained on, and of `generate` if nothing else is asked."""
    scale_limit: float = 2.0
    """log-scales lie in (-scale_limit, scale_limit)."""

    def __post_init__(self) -> None:
        if self.width % self.heads or (self.width // self.heads) % 4:
            raise CheckpointError(f"width {self.width} cannot be split into {self.heads} heads of a multiple of four")
        if self.state % 2:
            raise CheckpointError("a token needs an even number of channels, to be split into halves")

    @property
    def state(self) -> int:
        """Numbers a token."""
        return self.latent_channels * self.patch * self.patch

    def is_spatial(self, layer: int) -> bool:
        return layer % self.spatial_every == self.spatial_every - 1

    def save(self, folder: Path) -> None:
        (folder / "config.json").write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> FlowConfig:
        try:
            told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{folder} holds no readable config.json ({error})") from None
        known = {f.name for f in fields(cls)}
        unknown = set(told) - known - {"model_type", "_class_name"}
        if unknown:
            raise CheckpointError(f"{folder}/config.json names {sorted(unknown)}, which this release does not know")
        return cls(**{k: v for k, v in told.items() if k in known})


def nano() -> FlowConfig:
    """11 million parameters: ships with the package."""
    return FlowConfig()


def micro() -> FlowConfig:
    """33 million parameters: for one GPU and half an hour."""
    return FlowConfig("micro", width=256, heads=8, couplings=14, image_size=128)


def tiny() -> FlowConfig:
    """1.2 billion parameters: the edge size."""
    return FlowConfig("tiny", 1024, 16, 16, double_blocks=1, text_vocabulary=32768, text_length=256, image_size=1024)


def dev() -> FlowConfig:
    """12 billion parameters: the size of FLUX.1."""
    return FlowConfig("dev", 3072, 24, 19, double_blocks=1, text_vocabulary=32768, text_length=512, image_size=1024)


CONFIGS = {"nano": nano, "micro": micro, "tiny": tiny, "dev": dev}


def parameter_count(c: FlowConfig) -> int:
    """Parameters of the model, without building it."""
    d, m = c.width, c.mlp_ratio
    head = d // c.heads
    text_layer = 4 * d * d + 2 * m * d * d + (4 * d + m * d + d) + 4 * d
    text = c.text_vocabulary * d + c.text_length * d + c.text_layers * text_layer + 2 * d
    single = d * (3 * d + m * d) + (3 + m) * d + (d + m * d) * d + d + 3 * d * d + 3 * d + 2 * head
    stream = 3 * d * d + 3 * d + d * d + d + 2 * m * d * d + m * d + d + 6 * d * d + 6 * d + 2 * head
    blocks = c.single_blocks * single + c.double_blocks * 2 * stream
    total = text
    for layer in range(c.couplings):
        inside = c.state if c.is_spatial(layer) else c.state // 2
        total += inside * d + d + blocks + 2 * d * d + 2 * d + d * 2 * inside + 2 * inside
    return total
