"""Affine couplings whose shift and scale come from a transformer: the invertible layers of the flow.

With the state split into a part `a` that stays and a part `b` that moves, and (u, v) = conditioner(a, text):

    image to noise:  b' = (b + v) * exp(s),   s = limit * tanh(u / limit),   log|det| = sum of s
    noise to image:  b  = b' * exp(-s) - v

The inverse costs what the forward pass costs and needs no iteration (Dinh et al. 2017; with transformers as
conditioners Kolesnikov et al. 2024, "Jet"). The state is float32, or float64 where a
float64 latent is given; only the conditioner may run in bfloat16.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from flux_model.config import FlowConfig
from flux_model.layers import DoubleBlock, Modulation, SingleBlock, normed, rotary


@dataclass
class Prompt:
    """A prompt as the conditioners see it: states (B, T, D), pooled (B, D), mask (B, T) true where a token is real."""

    states: Tensor
    pooled: Tensor
    mask: Tensor

    def joined(self, other: Prompt) -> Prompt:
        """Both, one after the other along the batch."""
        return Prompt(
            torch.cat([self.states, other.states]),
            torch.cat([self.pooled, other.pooled]),
            torch.cat([self.mask, other.mask]),
        )


class Conditioner(nn.Module):
    """(a, prompt) -> (u, v): text and state tokens attend to each other; the text's states are discarded afterwards."""

    def __init__(self, c: FlowConfig, channels: int) -> None:
        super().__init__()
        self.head = c.width // c.heads
        self.inward = nn.Linear(channels, c.width)
        self.double_blocks = nn.ModuleList(DoubleBlock(c.width, c.heads, c.mlp_ratio) for _ in range(c.double_blocks))
        self.single_blocks = nn.ModuleList(SingleBlock(c.width, c.heads, c.mlp_ratio) for _ in range(c.single_blocks))
        self.modulation = Modulation(c.width, 2)
        self.outward = nn.Linear(c.width, 2 * channels)
        nn.init.zeros_(self.outward.weight)
        nn.init.zeros_(self.outward.bias)

    def forward(
        self, a: Tensor, states: Tensor, pooled: Tensor, mask: Tensor, grid: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """a (B, N, C) with N = grid rows x columns -> u, v (B, N, C)."""
        rows, columns = grid
        at = torch.arange(rows * columns, device=a.device)
        place = rotary((at // columns).float(), (at % columns).float(), self.head)
        length = states.shape[1]
        seen = torch.cat([mask, mask.new_ones(mask.shape[0], rows * columns)], dim=1)
        text, image = states, self.inward(a)
        for double in self.double_blocks:
            text, image = double(text, image, pooled, seen, place)
        still = torch.zeros(length, self.head, device=a.device)
        place = (torch.cat([still + 1, place[0]]), torch.cat([still, place[1]]))
        both = torch.cat([text.to(image.dtype), image], dim=1)
        for single in self.single_blocks:
            both = single(both, pooled, seen, place)
        shift, scale = self.modulation(pooled)
        u, v = self.outward(normed(both[:, length:]) * (1 + scale) + shift).chunk(2, dim=-1)
        return u, v


class Coupling(nn.Module):
    """One invertible layer: channels are split after a fixed permutation, or tokens over a checkerboard."""

    order: Tensor
    back: Tensor

    def __init__(self, c: FlowConfig, layer: int) -> None:
        super().__init__()
        self.spatial = c.is_spatial(layer)
        self.parity = (layer // c.spatial_every) % 2
        self.limit = c.scale_limit
        self.conditioner = Conditioner(c, c.state if self.spatial else c.state // 2)
        order = torch.randperm(c.state, generator=torch.Generator("cpu").manual_seed(1000 + layer), device="cpu")
        self.register_buffer("order", order)
        self.register_buffer("back", torch.argsort(order), persistent=False)

    def _moves(
        self, a: Tensor, prompt: Prompt, grid: tuple[int, int], exact: bool, guidance: float
    ) -> tuple[Tensor, Tensor]:
        """s and v in float32. With guidance w the prompt holds the words' half and then the empty half:
        (u, v) = (1 + w) (u, v)_words - w (u, v)_empty, still a function of `a` alone and so still invertible."""
        model = self.conditioner
        dtype = model.inward.weight.dtype
        given = (torch.cat([a, a]) if guidance else a).float()
        args = (prompt.states, prompt.pooled, prompt.mask, grid)
        if exact and dtype != torch.float32:
            raised = {name: p.float() for name, p in model.named_parameters()}
            with torch.autocast(a.device.type, enabled=False):
                u, v = functional_call(model, raised, (given, *args))
        elif exact:
            with torch.autocast(a.device.type, enabled=False):
                u, v = model(given, *args)
        else:
            with torch.autocast(a.device.type, torch.bfloat16):
                u, v = model(given.to(dtype), *args)
        u, v = u.to(a.dtype), v.to(a.dtype)
        if guidance:
            (uw, ue), (vw, ve) = u.chunk(2), v.chunk(2)
            u, v = uw + guidance * (uw - ue), vw + guidance * (vw - ve)
        return self.limit * torch.tanh(u / self.limit), v

    def _checker(self, grid: tuple[int, int], device: torch.device) -> Tensor:
        """(N, 1): one where a token moves."""
        at = torch.arange(grid[0] * grid[1], device=device)
        return (((at // grid[1] + at % grid[1]) % 2) == self.parity).float()[:, None]

    def forward(
        self, h: Tensor, prompt: Prompt, grid: tuple[int, int], exact: bool = True, guidance: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Image to noise: h (B, N, C) -> h, and the log-determinant (B,)."""
        if self.spatial:
            moving = self._checker(grid, h.device)
            s, v = self._moves(h * (1 - moving), prompt, grid, exact, guidance)
            s = s * moving
            return torch.where(moving > 0, (h + v) * torch.exp(s), h), s.sum((1, 2))
        a, b = h[..., self.order].chunk(2, dim=-1)
        s, v = self._moves(a, prompt, grid, exact, guidance)
        return torch.cat([a, (b + v) * torch.exp(s)], dim=-1), s.sum((1, 2))

    def inverse(
        self, h: Tensor, prompt: Prompt, grid: tuple[int, int], exact: bool = True, guidance: float = 0.0
    ) -> Tensor:
        """Noise to image: undoes `forward`."""
        if self.spatial:
            moving = self._checker(grid, h.device)
            s, v = self._moves(h * (1 - moving), prompt, grid, exact, guidance)
            return torch.where(moving > 0, h * torch.exp(-s) - v, h)
        a, b = h.chunk(2, dim=-1)
        s, v = self._moves(a, prompt, grid, exact, guidance)
        return torch.cat([a, b * torch.exp(-s) - v], dim=-1)[..., self.back]
