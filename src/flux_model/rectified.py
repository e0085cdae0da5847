"""The flow's few-step sibling: a rectified flow over the same latents, of the same blocks and about the same size.

It learns the velocity from noise to image along straight lines, v(x_t, t) = image - noise with x_t = (1 - t) noise + t
image, and is integrated with Euler or Heun steps (Liu et al. 2022, "Flow Straight and Fast"). It has no exact inverse
and no likelihood; it is here to be compared with, and as a second way to `generate`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from flux_model import hub
from flux_model.config import FlowConfig
from flux_model.coupling import Conditioner, Prompt
from flux_model.errors import InputError
from flux_model.layers import TextEncoder
from flux_model.model import BOS, EOS, PAD, noise, pack, token_mask, unpack


def time_features(t: Tensor, width: int) -> Tensor:
    """(B,) in [0, 1] -> (B, width): sines and cosines up to 8 rad a unit of time."""
    pace = torch.exp(torch.linspace(0, math.log(8.0), width // 2, device=t.device))
    angle = t[:, None] * pace
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class RectifiedFlow(nn.Module):
    """Text-conditioned velocity field over latents (B, 16, h, w)."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        c = config
        self.text = TextEncoder(c.text_vocabulary, c.text_length, c.width, c.heads, c.text_layers, c.mlp_ratio)
        self.time = nn.Sequential(nn.Linear(c.width, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        deep = FlowConfig(**{**c.__dict__, "single_blocks": c.single_blocks * c.couplings, "double_blocks": 0})
        self.body = Conditioner(deep, c.state)

    @classmethod
    def from_pretrained(cls, name: str | Path, device_map: Any = None) -> RectifiedFlow:
        folder = hub.resolve(name, "rectified")
        model = hub.load_model(cls, FlowConfig.load(folder), folder, None)
        if device_map == "auto":
            device_map = "cuda" if torch.cuda.is_available() else "cpu"
        return model.to(device_map or "cpu").eval()

    def save_pretrained(self, folder: str | Path, card: str = "") -> None:
        hub.save_model(self, self.config.save, Path(folder), card)

    def prompt(self, ids: Tensor) -> Prompt:
        mask = token_mask(ids)
        states, pooled = self.text(ids, mask)
        return Prompt(states, pooled, mask)

    def velocity(self, x: Tensor, t: Tensor, prompt: Prompt) -> Tensor:
        """x (B, 16, h, w) at times t (B,) -> d x / d t."""
        h, grid = pack(x, self.config.patch)
        pooled = prompt.pooled + self.time(time_features(t, self.config.width))
        v, _ = self.body(h, prompt.states, pooled, prompt.mask, grid)
        return unpack(v.float(), grid, self.config.latent_channels, self.config.patch)

    def loss(self, latent: Tensor, ids: Tensor) -> Tensor:
        """Mean squared error of the velocity at random times (logit-normal, as in Esser et al. 2024)."""
        z = torch.randn_like(latent)
        t = torch.sigmoid(torch.randn(len(latent), device=latent.device))
        at = t[:, None, None, None]
        return fn.mse_loss(self.velocity((1 - at) * z + at * latent, t, self.prompt(ids)), latent - z)

    @torch.no_grad()
    def generate(
        self,
        input_ids: Tensor,
        num_inference_steps: int = 8,
        *,
        height: int | None = None,
        width: int | None = None,
        seed: int = 0,
        guidance_scale: float = 0.0,
    ) -> Tensor:
        """Latents for prompts (B, T) by so many Euler steps."""
        if num_inference_steps < 1:
            raise InputError(f"num_inference_steps must be at least 1, not {num_inference_steps}")
        ids = input_ids.to(self.text.position.device)
        size = self.config.image_size
        x = noise(self.config, len(ids), height or size, width or size, seed).to(ids.device)
        prompt = self.prompt(ids)
        none = torch.full_like(ids, PAD)
        none[:, 0], none[:, 1] = BOS, EOS
        empty = self.prompt(none)
        for i in range(num_inference_steps):
            t = torch.full((len(ids),), i / num_inference_steps, device=ids.device)
            v = self.velocity(x, t, prompt)
            if guidance_scale:
                v = v + guidance_scale * (v - self.velocity(x, t, empty))
            x = x + v / num_inference_steps
        return x
