"""Make what training starts from: the tokenizer and the patch basis. python -m flux_model.training.prepare --out DIR

The tokenizer learns from captions of drawn scenes and, where given, from text files (--texts); the basis from drawn
scenes and, where given, from photos (--photos), cut into small squares.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from flux_model.codec import PatchBasis
from flux_model.tokenizer import FluxTokenizer
from flux_model.training.captions import caption
from flux_model.training.data import pictures, scene


def texts(files: list[Path], captions: int) -> Iterator[str]:
    for number in range(captions):
        yield caption(scene(number), seed=number)
    for file in files:
        yield from (line for line in file.read_text(encoding="utf-8", errors="ignore").splitlines() if line.strip())


def squares(files: list[Path], side: int = 64) -> Iterator[torch.Tensor]:
    """Photos reduced to about 512 pixels and cut into squares, (3, side, side)."""
    for file in files:
        with Image.open(file) as opened:
            image = opened.convert("RGB")
            image.thumbnail((512, 512), Image.Resampling.LANCZOS)
            x = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255
        for y in range(0, x.shape[1] - side + 1, side):
            for z in range(0, x.shape[2] - side + 1, side):
                yield x[:, y : y + side, z : z + side]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--scenes", type=int, default=4000)
    a = parser.parse_args()
    tokenizer = FluxTokenizer.train(texts(a.texts, 20000), a.vocabulary)
    tokenizer.save_pretrained(a.out / "tokenizer")
    drawn = pictures(range(a.scenes), 64)
    seen = list(squares(a.photos))
    basis = PatchBasis.fit(torch.cat([drawn, torch.stack(seen)]) if seen else drawn)
    basis.save_pretrained(a.out / "codec")
    for name, x in (("scenes", drawn[:500]), ("photos", torch.stack(seen[:500]) if seen else drawn[:0])):
        if len(x):
            error = (basis.decode(basis.encode(x)) - x).square().mean()
            print(f"{name}: {-10 * float(error.log10()):.1f} dB")
    print(f"tokenizer of {tokenizer.vocab_size}, e.g. {tokenizer('日落的大海，一艘帆船 and a balloon')['input_ids']}")


if __name__ == "__main__":
    main()
