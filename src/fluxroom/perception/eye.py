"""The eye: a small segmentation network, run by ONNX Runtime.

Weights and their card (data, licence, metrics, limits) lie in `weights/`; the
network is trained by `training/perception/train.py`.
"""

from __future__ import annotations

import contextlib
import threading
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.perception.session import open_network
from fluxroom.scene import Float

CLASSES = (
    "sky",
    "water",
    "sand",
    "vegetation",
    "grass",
    "snow",
    "rock",
    "mountain",
    "building",
    "road",
    "person",
    "animal",
    "object",
    "other",
)
INPUT_SIDE = 512
"""Long side of the picture that the network sees."""


_ONE = threading.Lock()


def prepare() -> None:
    """Begin to load the network beside other work: a tenth of a second that leaves the interpreter alone."""

    def load() -> None:
        with contextlib.suppress(Exception):  # whoever needs the network meets it again, and says so
            _session()

    threading.Thread(target=load, name="eye").start()


def _session() -> Any:
    with _ONE:
        return _loaded()


@cache
def _loaded() -> Any:
    return open_network("eye")


def network_size(height: int, width: int) -> tuple[int, int]:
    """The multiple-of-32 size nearest to the photo's shape with a long side of INPUT_SIDE."""
    scale = INPUT_SIDE / max(height, width)
    return max(64, round(height * scale / 32) * 32), max(64, round(width * scale / 32) * 32)


def look(rgb: NDArray[np.uint8]) -> Float:
    """Class probabilities of a picture.

    rgb: (h, w, 3) uint8, sRGB. Returns (len(CLASSES), h', w') float32, a coarse grid
    of about 1/4 of the network's input; each column sums to 1.
    """
    height, width = network_size(*rgb.shape[:2])
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    batch = np.ascontiguousarray(small.transpose(2, 0, 1)[None].astype(np.float32))
    return np.asarray(_session().run(None, {"image": batch})[0][0], np.float32)
