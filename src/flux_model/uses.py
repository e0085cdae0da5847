"""What exactness is good for: asking which words fit a picture, how unusual it is, and mixing pictures.

A likelihood by itself is a poor judge of the unusual: flat pictures are the likeliest of all. So the score here is a
difference, log p(picture) under the model minus log p under a broad background, plus a complexity term
(Ren et al. 2019; Serra et al. 2020), each in bits a dimension.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from flux_model.codec import PatchBasis
from flux_model.model import FluxDevModel
from flux_model.tokenizer import FluxTokenizer


def bits_per_dim(model: FluxDevModel, codec: PatchBasis, image: Tensor, ids: Tensor) -> Tensor:
    """Bits a pixel value, (B,), of pictures (B, 3, H, W) that were dequantised to steps of 1/256; lower is likelier."""
    latent = codec.encode(image)
    nats = model.log_prob(latent, model.prompt(ids)) + codec.rest_log_prob(image)
    return -nats / (image[0].numel() * math.log(2)) + 8.0


@torch.no_grad()
def which(
    model: FluxDevModel, codec: PatchBasis, tokenizer: FluxTokenizer, image: Tensor, prompts: list[str]
) -> Tensor:
    """How well each prompt explains one picture (3, H, W): probabilities that add up to one, (len(prompts),)."""
    latent = codec.encode(image[None]).expand(len(prompts), -1, -1, -1)
    ids = tokenizer(prompts, return_tensors="pt")["input_ids"]
    return torch.softmax(model.log_prob(latent, model.prompt(ids)), dim=0)


@dataclass(frozen=True)
class Background:
    """A broad model of pictures: independent Gaussians over the whitened latents of shifted and noisy photos and
    scenes."""

    mean: Tensor
    std: Tensor

    @classmethod
    def fit(cls, latents: Tensor, widen: float = 1.5) -> Background:
        """From latents (B, 16, h, w)."""
        return cls(latents.mean((0, 2, 3)), latents.std((0, 2, 3)) * widen)

    def log_prob(self, latent: Tensor) -> Tensor:
        z = (latent - self.mean[:, None, None]) / self.std[:, None, None]
        inside = -0.5 * (z.square() + math.log(2 * math.pi)) - self.std.log()[:, None, None]
        return inside.sum((1, 2, 3))


def complexity(image: Tensor) -> Tensor:
    """Bits a pixel value that a lossless coder (PNG) needs for each of (B, 3, H, W)."""
    sizes = []
    for picture in image.clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy():
        kept = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(picture)).save(kept, "PNG", optimize=True)
        sizes.append(8 * len(kept.getvalue()) / picture.size)
    return torch.tensor(sizes)


@torch.no_grad()
def anomaly(
    model: FluxDevModel,
    codec: PatchBasis,
    image: Tensor,
    ids: Tensor,
    background: Background | None = None,
    with_complexity: bool = False,
) -> Tensor:
    """A score for each picture (B, 3, H, W), in bits a latent dimension; higher is more unusual.

    With neither of the last two it is the plain negative log-likelihood; `background` takes the ratio to a broad model,
    `with_complexity` adds how far the lossless size lies below what is usual.
    """
    latent = codec.encode(image)
    bits = 1 / (latent[0].numel() * math.log(2))
    score = -model.log_prob(latent, model.prompt(ids)) * bits
    if background is not None:
        score = score + background.log_prob(latent) * bits
    if with_complexity:
        score = score - complexity(image).to(score.device)
    return score
