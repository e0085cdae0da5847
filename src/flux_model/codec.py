"""Image <-> latent: an orthonormal basis of 8x8 patches, 16 whitened channels.

A patch of 8x8x3 = 192 numbers is turned by an orthonormal matrix; the first 16 coefficients, centred and scaled to unit
variance, are the latent; the rest are a Gaussian of known variances, so that the likelihood of the flow becomes one of
pixels, exactly. Pictures are (B, 3, H, W), sRGB, 0 to 1, with H and W multiples of 8.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from flux_model import hub
from flux_model.errors import InputError

SIDE = 8


def to_patches(image: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, H/8, W/8, 192)."""
    if image.ndim != 4 or image.shape[1] != 3 or image.shape[2] % SIDE or image.shape[3] % SIDE:
        raise InputError(
            f"a picture must have shape (batch, 3, H, W) with H and W multiples of {SIDE}, not {tuple(image.shape)}"
        )
    b, _, h, w = image.shape
    return (
        image.reshape(b, 3, h // SIDE, SIDE, w // SIDE, SIDE)
        .permute(0, 2, 4, 1, 3, 5)
        .reshape(b, h // SIDE, w // SIDE, -1)
    )


def from_patches(patches: Tensor) -> Tensor:
    b, h, w, _ = patches.shape
    return patches.reshape(b, h, w, 3, SIDE, SIDE).permute(0, 3, 1, 4, 2, 5).reshape(b, 3, h * SIDE, w * SIDE)


class PatchBasis(nn.Module):
    """The basis, shared by encoder and decoder. Buffers: basis (192, 192) with rows as vectors, mean (192,), scale
    (192,)."""

    basis: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.channels = channels
        size = 3 * SIDE * SIDE
        self.register_buffer("basis", torch.eye(size))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    @classmethod
    def fit(cls, pictures: Tensor, channels: int = 16) -> PatchBasis:
        """Principal directions of the patches of pictures (B, 3, H, W)."""
        patches = to_patches(pictures).reshape(-1, 3 * SIDE * SIDE).double()
        mean = patches.mean(0)
        covariance = (patches - mean).T @ (patches - mean) / len(patches)
        values, vectors = torch.linalg.eigh(covariance)
        made = cls(channels)
        made.basis.copy_(vectors.flip(1).T)
        made.mean.copy_(mean)
        made.scale.copy_(values.flip(0).clamp(min=(0.3 / 255) ** 2).sqrt())
        return made

    @classmethod
    def from_pretrained(cls, name: str | Path) -> PatchBasis:
        folder = hub.resolve(name, "codec")
        return hub.load_model(cls, hub.told(folder, "channels", 16), folder, None).eval()

    def save_pretrained(self, folder: str | Path, card: str = "") -> None:
        def write(where: Path) -> None:
            told = {"model_type": "flux_patch_basis", "channels": self.channels, "factor": SIDE}
            (where / "config.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")

        hub.save_model(self, write, Path(folder), card)

    def coefficients(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) -> whitened coefficients (B, H/8, W/8, 192); an affine map with a constant determinant."""
        return ((to_patches(image.float()) - self.mean) @ self.basis.T) / self.scale

    def encode(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) -> latent (B, 16, H/8, W/8)."""
        return self.coefficients(image)[..., : self.channels].permute(0, 3, 1, 2).contiguous()

    def decode(self, latent: Tensor, rest: Tensor | None = None) -> Tensor:
        """Latent (B, 16, h, w) -> picture (B, 3, 8h, 8w), about 0 to 1 and not clipped.

        `rest` (B, h, w, 176) are the other coefficients; with them the picture comes back exactly.
        """
        if latent.ndim != 4 or latent.shape[1] != self.channels:
            raise InputError(f"a latent must have shape (batch, {self.channels}, h, w), not {tuple(latent.shape)}")
        kept = latent.float().permute(0, 2, 3, 1)
        missing = self.basis.shape[0] - self.channels
        whole = fn.pad(kept, (0, missing)) if rest is None else torch.cat([kept, rest], dim=-1)
        return from_patches((whole * self.scale) @ self.basis + self.mean)

    def rest_log_prob(self, image: Tensor) -> Tensor:
        """What the other coefficients and the change of variables add to the log-density of pixels, (B,)."""
        rest = self.coefficients(image)[..., self.channels :]
        patches = image.shape[2] * image.shape[3] // SIDE**2
        gaussian = -0.5 * (rest.square() + math.log(2 * math.pi)).sum((1, 2, 3))
        return gaussian - patches * self.scale.log().sum()


class FluxImageEncoder(PatchBasis):
    """Image -> latent: `encode`."""


class FluxImageDecoder(PatchBasis):
    """Latent -> image: `decode`."""
