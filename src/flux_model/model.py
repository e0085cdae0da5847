"""The Flow Transformer: noise to latent in one forward pass, latent to noise exactly, with a likelihood.

A latent (B, 16, h, w) is packed into tokens (B, N, 64) of 2x2 latent pixels and carried through couplings that a prompt
conditions. `forward` goes from latent to noise and gives log|det|; `inverse` goes from noise to latent at the same
cost.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from flux_model import hub
from flux_model.config import FlowConfig
from flux_model.coupling import Coupling, Prompt
from flux_model.errors import InputError
from flux_model.layers import TextEncoder

PAD, BOS, EOS = 0, 1, 2


def pack(latent: Tensor, patch: int) -> tuple[Tensor, tuple[int, int]]:
    """(B, C, h, w) -> tokens (B, N, C * patch^2) and the grid (rows, columns)."""
    batch, channels, height, width = latent.shape
    rows, columns = height // patch, width // patch
    cut = latent.reshape(batch, channels, rows, patch, columns, patch)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows * columns, -1), (rows, columns)


def unpack(tokens: Tensor, grid: tuple[int, int], channels: int, patch: int) -> Tensor:
    """Undoes `pack`."""
    rows, columns = grid
    cut = tokens.reshape(tokens.shape[0], rows, columns, channels, patch, patch)
    return cut.permute(0, 3, 1, 4, 2, 5).reshape(tokens.shape[0], channels, rows * patch, columns * patch)


def token_mask(ids: Tensor) -> Tensor:
    """(B, T) true where a token is real; the first always counts as real."""
    mask = ids != PAD
    mask[:, 0] = True
    return mask


def noise(c: FlowConfig, batch: int, height: int, width: int, seed: int) -> Tensor:
    """Standard-normal noise (B, 16, height/8, width/8); image i of a batch has the seed `seed + i`."""
    step = 8 * c.patch
    if height < step or width < step or height % step or width % step:
        raise InputError(f"height and width must be multiples of {step} pixels, not {height} x {width}")
    shape = (c.latent_channels, height // 8, width // 8)
    return torch.stack(
        [torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed + i)) for i in range(batch)]
    )


def _state(x: Tensor) -> Tensor:
    """float64 stays, anything else becomes float32."""
    return x if x.dtype == torch.float64 else x.float()


class FluxDevModel(nn.Module):
    """An invertible, text-conditioned flow over image latents.

    The name is that of the interface, not of the size: the size is in `config`. With `from_pretrained` a folder, a
    Hugging Face id or a `flux-1/...` name is loaded (see `flux_model.hub`).
    """

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        self.text = TextEncoder(
            config.text_vocabulary, config.text_length, config.width, config.heads, config.text_layers, config.mlp_ratio
        )
        self.couplings = nn.ModuleList(Coupling(config, layer) for layer in range(config.couplings))

    # loading and saving

    @classmethod
    def from_pretrained(
        cls, name: str | Path, device_map: Any = None, torch_dtype: torch.dtype | None = None
    ) -> FluxDevModel:
        """Load a checkpoint; `device_map` is "auto" (a GPU if there is one), a device, or None for the CPU."""
        folder = hub.resolve(name, "checkpoint")
        model = hub.load_model(cls, FlowConfig.load(folder), folder, torch_dtype)
        if device_map == "auto":
            device_map = "cuda" if torch.cuda.is_available() else "cpu"
        return model.to(device_map or "cpu").eval()

    def save_pretrained(self, folder: str | Path, card: str = "", shard_bytes: int = 5_000_000_000) -> None:
        """Write config.json, safetensors (in shards of at most `shard_bytes`), hashes and a model card."""
        hub.save_model(self, self.config.save, Path(folder), card, shard_bytes)

    @property
    def device(self) -> torch.device:
        return self.text.position.device

    # prompts

    def prompt(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Prompt:
        """Encode token ids (B, T); padding (id 0) is not looked at."""
        if input_ids.ndim != 2:
            raise InputError(f"input_ids must have shape (batch, tokens), not {tuple(input_ids.shape)}")
        limit = self.config.text_length
        ids = input_ids[:, :limit].to(self.device)
        known = torch.compiler.is_compiling() or 0 <= int(ids.min()) <= int(ids.max()) < self.config.text_vocabulary
        if not known:
            raise InputError(
                f"a token id lies outside this model's vocabulary of {self.config.text_vocabulary}: "
                "use the tokenizer of the same checkpoint"
            )
        mask = token_mask(ids)
        if attention_mask is not None:
            mask = attention_mask[:, :limit].to(self.device).bool()
        states, pooled = self.text(ids, mask)
        return Prompt(states, pooled, mask)

    def empty_prompt(self, batch: int, length: int = 2) -> Prompt:
        """The prompt of no words, padded to so many tokens."""
        ids = torch.full((batch, max(length, 2)), PAD, device=self.device)
        ids[:, 0], ids[:, 1] = BOS, EOS
        return self.prompt(ids[:, :length])

    def _with_empty(self, prompt: Prompt, guidance: float) -> Prompt:
        if not guidance:
            return prompt
        return prompt.joined(self.empty_prompt(prompt.states.shape[0], prompt.states.shape[1]))

    def _grid(self, latent: Tensor) -> None:
        c = self.config
        if (
            latent.ndim != 4
            or latent.shape[1] != c.latent_channels
            or latent.shape[2] % c.patch
            or latent.shape[3] % c.patch
        ):
            raise InputError(
                f"a latent must have shape (batch, {c.latent_channels}, h, w) with h and w multiples of {c.patch}, "
                f"not {tuple(latent.shape)}"
            )

    # the flow

    def forward(
        self, latent: Tensor, prompt: Prompt, exact: bool = True, guidance: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Latent (B, C, h, w) -> noise of the same shape, and log|det| of the map (B,).

        A float64 latent is carried in float64, and comes back to about 1e-12.
        """
        self._grid(latent)
        h, grid = pack(_state(latent), self.config.patch)
        logdet = torch.zeros(h.shape[0], device=h.device, dtype=h.dtype)
        given = self._with_empty(prompt, guidance)
        for coupling in self.couplings:
            h, more = coupling(h, given, grid, exact, guidance)
            logdet = logdet + more
        return unpack(h, grid, self.config.latent_channels, self.config.patch), logdet

    def inverse(self, z: Tensor, prompt: Prompt, exact: bool = True, guidance: float = 0.0) -> Tensor:
        """Noise (B, C, h, w) -> latent: undoes `forward`, one pass."""
        self._grid(z)
        h, grid = pack(_state(z), self.config.patch)
        given = self._with_empty(prompt, guidance)
        for coupling in reversed(self.couplings):
            h = coupling.inverse(h, given, grid, exact, guidance)
        return unpack(h, grid, self.config.latent_channels, self.config.patch)

    def log_prob(self, latent: Tensor, prompt: Prompt, exact: bool = True) -> Tensor:
        """log p(latent | prompt) in nats, (B,), by the change of variables under a standard normal."""
        z, logdet = self(latent, prompt, exact)
        return -0.5 * (z.square() + math.log(2 * math.pi)).sum((1, 2, 3)) + logdet

    # what people call

    @torch.no_grad()
    def generate(
        self,
        input_ids: Tensor,
        num_inference_steps: int = 1,
        *,
        attention_mask: Tensor | None = None,
        height: int | None = None,
        width: int | None = None,
        seed: int = 0,
        guidance_scale: float = 0.0,
        temperature: float = 1.0,
        exact: bool = True,
    ) -> Tensor:
        """Latents (B, 16, height/8, width/8) for prompts (B, T), in one forward pass; same input, same output.

        `guidance_scale` 0 is none; `temperature` scales the noise; `exact=False` runs the conditioners in bfloat16.
        Raises InputError for more than one step: the flow has none (its rectified sibling has, see `rectified`).
        """
        if num_inference_steps != 1:
            raise InputError(
                f"the flow makes a picture in one pass: num_inference_steps must be 1, not {num_inference_steps} "
                "(flux_model.rectified.RectifiedFlow takes several)"
            )
        size = self.config.image_size
        prompt = self.prompt(input_ids, attention_mask)
        z = noise(self.config, input_ids.shape[0], height or size, width or size, seed).to(self.device)
        return self.inverse(z * temperature, prompt, exact, guidance_scale)

    @torch.no_grad()
    def interpolate(self, first: Tensor, second: Tensor, prompt: Prompt, steps: int = 8, exact: bool = True) -> Tensor:
        """Latents (steps, 16, h, w) on the way from one latent (1, 16, h, w) to another, along the sphere of their
        noise."""
        if steps < 2:
            raise InputError(f"interpolate needs at least 2 steps, not {steps}")
        a, b = (self(x, prompt, exact)[0].flatten() for x in (first, second))
        length = (a.norm(), b.norm())
        angle = torch.arccos((torch.dot(a, b) / (length[0] * length[1])).clamp(-1, 1))
        made = []
        for t in torch.linspace(0, 1, steps):
            if angle < 1e-4:
                way = a + (b - a) * float(t)
            else:
                way = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
            made.append(self.inverse(way.reshape(first.shape), prompt, exact))
        return torch.cat(made)

    @torch.no_grad()
    def edit_by_prompt_swap(self, latent: Tensor, told: Prompt, wanted: Prompt, exact: bool = True) -> Tensor:
        """Take the latent to noise under one prompt and back under another; with equal prompts nothing changes."""
        z, _ = self(latent, told, exact)
        return self.inverse(z, wanted, exact)
