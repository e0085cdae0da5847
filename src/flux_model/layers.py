"""Transformer blocks of the conditioner: joint attention over text and image tokens, as in MMDiT and FLUX.1.

Shapes: text (B, T, D), image (B, N, D), pooled text (B, D), mask (B, T) true where a text token is real. Attention is
bidirectional, with RMS-normalised queries and keys and rotary positions of the image tokens (text tokens stay at the
origin; their order is in the text encoder). Sources: Esser et al. 2024 (MMDiT), Labs 2024 (single-stream blocks),
Su et al. 2021 (rotary positions), Dehghani et al. 2023 (normalised queries and keys).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

SHORT = 256
"""Sequences under this length are attended to by plain products on a CPU: there the fused kernel is several times
slower."""


class Modulation(nn.Module):
    """AdaLN: shift, scale and gate from the pooled text, `count` vectors of width D."""

    def __init__(self, width: int, count: int, gates: tuple[int, ...] = ()) -> None:
        """`gates` are the vectors that start at one; all others start at zero."""
        super().__init__()
        self.count = count
        self.linear = nn.Linear(width, count * width)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        for gate in gates:
            nn.init.ones_(self.linear.bias[gate * width : (gate + 1) * width])

    def forward(self, pooled: Tensor) -> tuple[Tensor, ...]:
        return self.linear(fn.silu(pooled))[:, None].chunk(self.count, dim=-1)


class HeadNorm(nn.Module):
    """RMS norm over each head's channels."""

    def __init__(self, head: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(head))

    def forward(self, x: Tensor) -> Tensor:
        return fn.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), 1e-6)


def normed(x: Tensor) -> Tensor:
    return fn.layer_norm(x, (x.shape[-1],), eps=1e-6)


def rotary(rows: Tensor, columns: Tensor, head: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine, (N, head), for tokens at (row, column): half of a head's channels turn with each axis."""
    quarter = head // 4
    pace = 100.0 ** (-torch.arange(quarter, dtype=torch.float32, device=rows.device) / quarter)
    angle = torch.cat([rows[:, None] * pace, columns[:, None] * pace], dim=-1)
    angle = torch.cat([angle, angle], dim=-1)
    return angle.cos(), angle.sin()


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return x * cos.to(x.dtype) + torch.cat([-b, a], dim=-1) * sin.to(x.dtype)


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """(B, H, S, head) each; mask (B, S) of keys."""
    kept = None if mask is None else mask[:, None, None, :]
    if q.device.type == "cpu" and q.shape[2] < SHORT:
        weight = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        if kept is not None:
            weight = weight.masked_fill(~kept, float("-inf"))
        seen = weight.softmax(dim=-1) @ v
    else:
        seen = fn.scaled_dot_product_attention(q, k, v, attn_mask=kept)
    return seen.transpose(1, 2).flatten(2)


class Stream(nn.Module):
    """One stream's half of a double-stream block."""

    def __init__(self, width: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.heads = heads
        self.modulation = Modulation(width, 6, gates=(2, 5))
        self.qkv = nn.Linear(width, 3 * width)
        self.q_norm = HeadNorm(width // heads)
        self.k_norm = HeadNorm(width // heads)
        self.project = nn.Linear(width, width)
        self.mlp_in = nn.Linear(width, mlp_ratio * width)
        self.mlp_out = nn.Linear(mlp_ratio * width, width)

    def keys(self, x: Tensor, shift: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = (split_heads(t, self.heads) for t in self.qkv(normed(x) * (1 + scale) + shift).chunk(3, dim=-1))
        return self.q_norm(q), self.k_norm(k), v

    def close(self, x: Tensor, seen: Tensor, gates: tuple[Tensor, ...]) -> Tensor:
        gate, shift, scale, gate_mlp = gates
        x = x + gate * self.project(seen)
        return x + gate_mlp * self.mlp_out(fn.gelu(self.mlp_in(normed(x) * (1 + scale) + shift), approximate="tanh"))


class DoubleBlock(nn.Module):
    """Text and image with weights of their own, attending to each other both ways."""

    def __init__(self, width: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.text = Stream(width, heads, mlp_ratio)
        self.image = Stream(width, heads, mlp_ratio)

    def forward(
        self, text: Tensor, image: Tensor, pooled: Tensor, mask: Tensor | None, place: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        of_text, of_image = self.text.modulation(pooled), self.image.modulation(pooled)
        tq, tk, tv = self.text.keys(text, *of_text[:2])
        iq, ik, iv = self.image.keys(image, *of_image[:2])
        q = torch.cat([tq, turn(iq, *place)], dim=2)
        k = torch.cat([tk, turn(ik, *place)], dim=2)
        seen = attend(q, k, torch.cat([tv, iv], dim=2), mask)
        length = text.shape[1]
        return self.text.close(text, seen[:, :length], of_text[2:]), self.image.close(
            image, seen[:, length:], of_image[2:]
        )


class SingleBlock(nn.Module):
    """Text and image as one sequence; attention and MLP side by side."""

    def __init__(self, width: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.heads, self.width, self.wide = heads, width, mlp_ratio * width
        self.modulation = Modulation(width, 3, gates=(2,))
        self.inward = nn.Linear(width, 3 * width + self.wide)
        self.q_norm = HeadNorm(width // heads)
        self.k_norm = HeadNorm(width // heads)
        self.outward = nn.Linear(width + self.wide, width)

    def forward(self, x: Tensor, pooled: Tensor, mask: Tensor | None, place: tuple[Tensor, Tensor]) -> Tensor:
        shift, scale, gate = self.modulation(pooled)
        qkv, wide = self.inward(normed(x) * (1 + scale) + shift).split([3 * self.width, self.wide], dim=-1)
        q, k, v = (split_heads(t, self.heads) for t in qkv.chunk(3, dim=-1))
        q, k = turn(self.q_norm(q), *place), turn(self.k_norm(k), *place)
        return x + gate * self.outward(torch.cat([attend(q, k, v, mask), fn.gelu(wide, approximate="tanh")], dim=-1))


class TextEncoder(nn.Module):
    """Token ids (B, T) -> states (B, T, D) and their mean over real tokens (B, D); a small pre-norm transformer."""

    def __init__(self, vocabulary: int, length: int, width: int, heads: int, layers: int, mlp_ratio: int) -> None:
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Parameter(torch.randn(length, width) * 0.02)
        nn.init.normal_(self.token.weight, std=0.02)
        self.layers = nn.ModuleList(TextLayer(width, heads, mlp_ratio) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = self.token(ids) + self.position[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x, mask)
        x = self.norm(x)
        real = mask[..., None].to(x.dtype)
        return x, (x * real).sum(1) / real.sum(1).clamp(min=1)


class TextLayer(nn.Module):
    def __init__(self, width: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.mlp_in = nn.Linear(width, mlp_ratio * width)
        self.mlp_out = nn.Linear(mlp_ratio * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (split_heads(t, self.heads) for t in self.qkv(self.norm1(x)).chunk(3, dim=-1))
        x = x + self.project(attend(q, k, v, mask))
        return x + self.mlp_out(fn.gelu(self.mlp_in(self.norm2(x)), approximate="tanh"))
