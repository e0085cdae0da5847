"""The eye: EfficientNet-lite0 (ImageNet weights) with a small feature pyramid and two heads.

Encoder: Tan & Le, EfficientNet (2019), in its "lite" form (no squeeze-excite, ReLU6).
Pyramid: Lin et al., Feature Pyramid Networks (2017).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

# kernel, stride, expansion, output channels, repeats
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
TAPS = {2: 24, 4: 40, 10: 112, 15: 320}  # block index -> channels, at strides 4, 8, 16, 32


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

    def __init__(self) -> None:
        super().__init__()
        self.same = Same(3, 2)
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3)
        blocks, channels = [], 32
        for kernel, stride, expansion, out, repeats in STAGES:
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
            if index in TAPS:
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


class Head(nn.Module):
    """Pyramid over the taps -> (B, classes, H/4, W/4) logits."""

    def __init__(self, classes: int, width: int = 96) -> None:
        super().__init__()
        channels = list(TAPS.values())
        channels[-1] += 2  # where in the frame
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.context = nn.Linear(TAPS[15], width)
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
        laterals = [*taps[:-1], torch.cat([deep, y, x.abs()], 1)]
        state = self.lateral[-1](laterals[-1]) + self.context(deep.mean((2, 3)))[:, :, None, None]
        state = self.smooth[-1](state)
        for level in range(len(laterals) - 2, -1, -1):
            state = fn.interpolate(state, scale_factor=2.0, mode="bilinear", align_corners=False)
            state = self.smooth[level](state + self.lateral[level](laterals[level]))
        return self.out(self.drop(state))


class Eye(nn.Module):
    """image (1, 3, H, W) RGB 0..255 -> probabilities (1, classes, H/4, W/4)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.head = Head(classes)

    def forward(self, image: Tensor) -> Tensor:
        return torch.softmax(self.head(self.encoder(image)), 1)
