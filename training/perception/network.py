"""The eye: EfficientNet-lite (ImageNet weights), a look at the whole by attention, a small feature pyramid.

Encoder: Tan & Le, EfficientNet (2019), in its "lite" form (no squeeze-excite, ReLU6).
Pyramid: Lin et al., Feature Pyramid Networks (2017).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

STAGES = {  # by name of the encoder: kernel, stride, expansion, output channels, repeats
    "lite0": (
        (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3),
        (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1),
    ),
    "lite2": (
        (3, 1, 1, 16, 1), (3, 2, 6, 24, 3), (5, 2, 6, 48, 3), (3, 2, 6, 88, 4),
        (5, 1, 6, 120, 4), (5, 2, 6, 208, 5), (3, 1, 6, 352, 1),
    ),
}  # fmt: skip


def taps_of(name: str) -> dict[int, int]:
    """Index of the last block at strides 4, 8, 16 and 32 -> its channels."""
    found, block, stride = {}, -1, 2
    for _, step, _, channels, repeats in STAGES[name]:
        stride *= step
        block += repeats
        found[stride] = (block, channels)
    return {found[s][0]: found[s][1] for s in (4, 8, 16, 32)}


class Same(nn.Module):
    """TensorFlow's SAME padding for inputs whose sides are multiples of 32."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        total = kernel - stride if stride > 1 else kernel - 1
        self.pad = (total // 2, total - total // 2) * 2

    def forward(self, x: Tensor) -> Tensor:
        return fn.pad(x, self.pad)


class Block(nn.Module):
    """Mobile inverted bottleneck."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.skip = stride == 1 and channels == out
        if expansion != 1:
            self._expand_conv = nn.Conv2d(channels, wide, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(wide, eps=1e-3)
        self.expand = expansion != 1
        self.same = Same(kernel, stride)
        self._depthwise_conv = nn.Conv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = nn.BatchNorm2d(wide, eps=1e-3)
        self._project_conv = nn.Conv2d(wide, out, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(out, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self.expand:
            y = fn.relu6(self._bn0(self._expand_conv(y)))
        y = fn.relu6(self._bn1(self._depthwise_conv(self.same(y))))
        y = self._bn2(self._project_conv(y))
        return x + y if self.skip else y


class Encoder(nn.Module):
    """x: (B, 3, H, W) RGB code values 0..255, H and W multiples of 32 -> four feature maps."""

    def __init__(self, name: str = "lite0") -> None:
        super().__init__()
        self.taps = taps_of(name)
        self.same = Same(3, 2)
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3)
        blocks, channels = [], 32
        for kernel, stride, expansion, out, repeats in STAGES[name]:
            for i in range(repeats):
                blocks.append(Block(channels, out, kernel, stride if i == 0 else 1, expansion))
                channels = out
        self._blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = (x - 127.0) / 128.0
        x = fn.relu6(self._bn0(self._conv_stem(self.same(x))))
        taps = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in self.taps:
                taps.append(x)
        return taps

    def load_imagenet(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        missing, _ = self.load_state_dict(state, strict=False)
        if missing:
            raise SystemExit(f"{path} lacks {missing[0]}")


class Separable(nn.Module):
    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.depth = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, groups=channels, bias=False)
        self.point = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + fn.relu(self.norm(self.point(self.depth(x))))


class Mixer(nn.Module):
    """One transformer block over all places of the coarsest map, so that each place knows the whole picture.

    Vaswani et al., Attention Is All You Need (2017); pre-norm.
    """

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.drop = nn.Dropout(0.1)

    def forward(self, x_bchw: Tensor) -> Tensor:
        b, c, h, w = x_bchw.shape
        x_blc = x_bchw.flatten(2).transpose(1, 2)
        q, k, v = self.qkv(self.norm1(x_blc)).view(b, h * w, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        weight = torch.softmax(q @ k.transpose(-1, -2) * (c // self.heads) ** -0.5, -1)
        x_blc = x_blc + self.drop(self.proj((weight @ v).transpose(1, 2).reshape(b, h * w, c)))
        x_blc = x_blc + self.drop(self.mlp(self.norm2(x_blc)))
        return x_blc.transpose(1, 2).view(b, c, h, w)


class Head(nn.Module):
    """Pyramid over the taps -> (B, classes, H/4, W/4) logits."""

    def __init__(self, taps: dict[int, int], classes: int, width: int = 96) -> None:
        super().__init__()
        channels = list(taps.values())
        self.lateral = nn.ModuleList(
            nn.Conv2d(c + (2 if i == len(channels) - 1 else 0), width, 1) for i, c in enumerate(channels)
        )
        self.mixers = nn.Sequential(Mixer(width), Mixer(width))
        self.context = nn.Linear(channels[-1], width)
        self.smooth = nn.ModuleList(
            nn.Sequential(Separable(width), Separable(width, 2 if i == len(channels) - 1 else 1))
            for i in range(len(channels))
        )
        self.drop = nn.Dropout2d(0.1)
        self.out = nn.Sequential(Separable(width), nn.Conv2d(width, classes, 1))

    def forward(self, taps: list[Tensor]) -> Tensor:
        deep = taps[-1]
        b, _, h, w = deep.shape
        y = torch.linspace(-1, 1, h, device=deep.device, dtype=deep.dtype).view(1, 1, h, 1).expand(b, 1, h, w)
        x = torch.linspace(-1, 1, w, device=deep.device, dtype=deep.dtype).view(1, 1, 1, w).expand(b, 1, h, w)
        laterals = [*taps[:-1], torch.cat([deep, y, x.abs()], 1)]  # where in the frame
        state = self.lateral[-1](laterals[-1]) + self.context(deep.mean((2, 3)))[:, :, None, None]
        state = self.smooth[-1](self.mixers(state))
        for level in range(len(laterals) - 2, -1, -1):
            state = fn.interpolate(state, scale_factor=2.0, mode="bilinear", align_corners=False)
            state = self.smooth[level](state + self.lateral[level](laterals[level]))
        return self.out(self.drop(state))


class Eye(nn.Module):
    """image (1, 3, H, W) RGB 0..255 -> probabilities (1, classes, H/4, W/4)."""

    def __init__(self, classes: int, encoder: str = "lite0") -> None:
        super().__init__()
        self.encoder = Encoder(encoder)
        self.head = Head(self.encoder.taps, classes)

    def logits(self, image: Tensor) -> Tensor:
        return self.head(self.encoder(image))

    def forward(self, image: Tensor) -> Tensor:
        return torch.softmax(self.logits(image), 1)
