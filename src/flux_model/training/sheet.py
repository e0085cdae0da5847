"""Rows of small pictures in one PNG."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor


def save_sheet(file: Path, rows: list[Tensor], grow: int = 2) -> None:
    """Each row is (B, 3, H, W) in [0, 1]; pictures are enlarged `grow` times, pixel for pixel."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [torch.cat(list(row.clamp(0, 1)), dim=2) for row in rows]
    sheet = (torch.cat(lines, dim=1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    image = Image.fromarray(sheet)
    image.resize((image.width * grow, image.height * grow), Image.Resampling.NEAREST).save(file)
