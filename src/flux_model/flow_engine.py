"""The engine `flow` of the pipeline: pictures by the Flow Transformer itself."""

from __future__ import annotations

from typing import Any

from flux_model.errors import InputError, MissingExtra
from flux_model.pipeline import Output

try:
    import torch
    from PIL import Image

    from flux_model.codec import FluxImageDecoder
    from flux_model.model import FluxDevModel
    from flux_model.tokenizer import FluxTokenizer
except ModuleNotFoundError as _error:
    if _error.name not in ("torch", "safetensors", "tokenizers", "PIL"):
        raise
    raise MissingExtra(f'the flow needs {_error.name}: pip install "fluxroom[model]"') from None


class FlowEngine:
    """Loads a checkpoint folder, a Hugging Face id or a `flux-1/...` name with its tokenizer and decoder."""

    def __init__(self, source: str = "flux-1/dev-multimodal") -> None:
        self.tokenizer = FluxTokenizer.from_pretrained(source)
        self.model = FluxDevModel.from_pretrained(source, device_map="auto")
        self.decoder = FluxImageDecoder.from_pretrained(source).to(self.model.device)

    def generate(
        self, prompt: str, *, size: int | tuple[int, int] | None = None, seed: int = 0, guidance_scale: float = 0.0
    ) -> Output:
        """One pass. `size` is in pixels, by default that of the pictures it was trained on."""
        if not prompt.strip():
            raise InputError("the prompt is empty")
        width, height = (size, size) if isinstance(size, int) or size is None else size
        ids: Any = self.tokenizer(prompt, return_tensors="pt").to(self.model.device)["input_ids"]
        latent = self.model.generate(
            input_ids=ids, num_inference_steps=1, width=width, height=height, seed=seed, guidance_scale=guidance_scale
        )
        pixels = self.decoder.decode(latent)[0].clamp(0, 1).mul(255).round().to(torch.uint8)
        image = Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy())
        return Output(image=image, engine="flow", model=self.model.config.name, seed=seed)
