"""Put a trained flow together: python -m flux_model.training.ship --run DIR --prepared DIR --out DIR

Weights are stored in half precision (and widened to float32 when loaded, so that the inverse stays exact); tokenizer
and codec lie beside them, with a model card.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch

from flux_model.config import parameter_count
from flux_model.model import FluxDevModel

CARD = """# Flow Transformer, {name}

An invertible, text-conditioned flow over image latents: {parameters:,} parameters, {size}x{size} pixels, one forward
pass from noise to latent, exact inverse and likelihood. Made and trained by the fluxroom project.

- **Licence**: Apache-2.0, as the project. Nothing of anyone's weights is in it.
- **Data**: {seen:,} drawn scenes (`flux_model.training.scenes`) with captions in English and Chinese, made as training
  went. The patch basis was also fitted on forty licensed photos, the tokenizer's vocabulary on our own texts.
- **Compute**: {steps:,} steps of {batch} pictures on two CPU cores; no GPU.
- **Metrics**: held-out loss {held} nats a latent dimension; the rest in docs/measurements/flow-model.md.
- **Limits**: it knows skies, grounds, hours and weather of drawn scenes. Things that are asked for (a balloon, a boat)
  mostly do not come out as such. It has never seen a photo. Use it to learn and to test with, not for pictures.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=96)
    a = parser.parse_args()
    model = FluxDevModel.from_pretrained(a.run / "ema")
    told = [json.loads(line) for line in (a.run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = int(torch.load(a.run / "state.pt", map_location="cpu", weights_only=True)["step"])
    held = next((line["held_out"] for line in reversed(told) if "held_out" in line), "not measured")
    c = model.config
    card = CARD.format(
        name=c.name, parameters=parameter_count(c), size=c.image_size, steps=steps, batch=a.batch, held=held,
        seen=steps * a.batch,
    )  # fmt: skip
    a.out.mkdir(parents=True, exist_ok=True)
    model.to(torch.float16).save_pretrained(a.out / "checkpoint", card=card)
    for part in ("tokenizer", "codec"):
        shutil.copytree(a.prepared / part, a.out / part, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
