"""Train the flow or its rectified sibling: python -m flux_model.training.train --out DIR [--config nano] [--steps N]
...

Resumable (start it again with the same --out), seeded, mixed precision, gradient accumulation, an exponential moving
average of the weights, a log (log.jsonl) and sample sheets. With torchrun it runs on several processes; parameters are
sharded (FSDP) where there is a GPU each.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from flux_model.codec import PatchBasis
from flux_model.config import CONFIGS
from flux_model.model import FluxDevModel
from flux_model.rectified import RectifiedFlow
from flux_model.tokenizer import FluxTokenizer
from flux_model.training.captions import caption
from flux_model.training.data import HELD_OUT, Batches, pictures, prepare, scene
from flux_model.training.sheet import save_sheet

SHEET = (
    "a red hot air balloon on the left over the sea at sunset, the sun",
    "三艘白色的帆船，夜晚的海面，月亮",
    "a white house on the right in a green meadow by day, mountains, white clouds",
    "白天的雪地，三棵绿色的树，远处有山",
    "two yellow lanterns in the desert at night, clear sky",
    "黄昏的湖面，远处有山，一个蓝色的热气球，多云",
    "an orange tree in the middle in a meadow, in the fog",
    "日落时分的大海，三只黑色的鸟，太阳，有白云",
)


def rate(step: int, steps: int, peak: float, warm: int) -> float:
    """Linear warm-up, then a cosine down to a hundredth."""
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min((step - warm) / max(steps - warm, 1), 1))))


def flow_loss(model: nn.Module, latent: Tensor, ids: Tensor, exact: bool) -> Tensor:
    """Nats a dimension."""
    return -model.log_prob(latent, model.prompt(ids), exact=exact).mean() / latent[0].numel()


def step_loss(kind: str, model: nn.Module, latent: Tensor, ids: Tensor) -> Tensor:
    if kind == "flow":
        return flow_loss(model, latent, ids, exact=False)
    with torch.autocast(latent.device.type, torch.bfloat16):
        return model.loss(latent, ids)


@torch.no_grad()
def held_out(
    kind: str, model: nn.Module, codec: PatchBasis, tokenizer: FluxTokenizer, size: int, count: int = 256
) -> float:
    """Loss on scenes never trained on, with all their words."""
    torch.manual_seed(1)
    numbers = range(HELD_OUT, HELD_OUT + count)
    images = (pictures(numbers, size) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    ids = tokenizer([caption(scene(n), seed=n) for n in numbers], return_tensors="pt")["input_ids"]
    device = next(model.parameters()).device
    total = 0.0
    for at in range(0, count, 64):
        latent = codec.encode(prepare(images[at : at + 64]).to(device))
        total += float(step_loss(kind, model, latent, ids[at : at + 64].to(device))) * len(latent)
    return total / count


def train(a: argparse.Namespace) -> None:
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else torch.device("cpu")
    )
    if world > 1:
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    torch.manual_seed(a.seed + rank)
    out: Path = a.out
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = FluxTokenizer.from_pretrained(a.prepared)
    codec = PatchBasis.from_pretrained(a.prepared).to(device)
    config = CONFIGS[a.config]()
    kind: Any = FluxDevModel if a.kind == "flow" else RectifiedFlow
    model = kind(config).to(device)
    ema = copy.deepcopy(model).eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=a.lr, betas=(0.9, 0.95), weight_decay=0.01)
    done = 0
    state = out / "state.pt"
    if state.exists():
        kept = torch.load(state, map_location=device, weights_only=True)
        model.load_state_dict(kept["model"])
        ema.load_state_dict(kept["ema"])
        optimizer.load_state_dict(kept["optimizer"])
        done = kept["step"]
    trained: nn.Module = model
    if a.compile:
        for part in getattr(model, "couplings", [model]):
            inner = "conditioner" if a.kind == "flow" else "body"
            getattr(part, inner).compile()
    if world > 1:
        if device.type == "cuda":
            from torch.distributed.fsdp import fully_shard

            for part in getattr(model, "couplings", []):
                fully_shard(part)
            fully_shard(model)
        else:
            for p in model.parameters():
                torch.distributed.broadcast(p.data, 0)
    start = a.first_scene + done * a.batch * a.accumulate * world + rank * a.batch
    batches = Batches(tokenizer, config.image_size, a.batch, start, world)
    source = iter(DataLoader(batches, batch_size=None, num_workers=a.workers, prefetch_factor=4 if a.workers else None))
    if rank == 0:
        print(
            f"{a.kind} {config.name}: {sum(p.numel() for p in model.parameters()):,} parameters, from step {done}",
            flush=True,
        )
    began = last = time.time()
    first, mean = done, 0.0
    for step in range(done, a.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, a.steps, a.lr, a.warm)
        for _ in range(a.accumulate):
            image, ids = next(source)
            latent = codec.encode(prepare(image.to(device)))
            latent = latent + a.noise * torch.randn_like(latent)
            loss = step_loss(a.kind, trained, latent, ids.to(device))
            (loss / a.accumulate).backward()
        if world > 1 and device.type == "cpu":
            for p in model.parameters():
                torch.distributed.all_reduce(p.grad)
                p.grad /= world
        norm = float(nn.utils.clip_grad_norm_(model.parameters(), 1.0))
        if math.isfinite(norm):
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            decay = min(0.999, (step + 1) / (step + 10))
            for kept_p, p in zip(ema.parameters(), model.parameters(), strict=True):
                kept_p.lerp_(p.to(kept_p.dtype), 1 - decay)
        mean = 0.98 * mean + 0.02 * float(loss.detach()) if step > first else float(loss.detach())
        if rank == 0 and (step + 1) % 50 == 0:
            pace = (step + 1 - first) * a.batch * a.accumulate * world / (time.time() - began)
            told = {"step": step + 1, "loss": round(mean, 4), "norm": round(norm, 3), "images_s": round(pace, 1)}
            if (step + 1) % a.check_every == 0:
                told["held_out"] = round(held_out(a.kind, ema, codec, tokenizer, config.image_size), 4)
            with (out / "log.jsonl").open("a") as log:
                log.write(json.dumps(told) + "\n")
            print(told, flush=True)
        if rank == 0 and (time.time() - last > a.save_minutes * 60 or step + 1 == a.steps):
            last = time.time()
            kept = {
                "model": model.state_dict(),
                "ema": ema.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step + 1,
            }
            torch.save(kept, state.with_suffix(".new"))
            state.with_suffix(".new").replace(state)
            ema.save_pretrained(out / "ema")
            ids = tokenizer(list(SHEET), return_tensors="pt")["input_ids"].to(device)
            rows = []
            for seed in (0, 100, 200, 300):
                rows.append(
                    codec.decode(ema.generate(ids, num_inference_steps=1 if a.kind == "flow" else 8, seed=seed)).cpu()
                )
            save_sheet(out / "sheets" / f"{step + 1:07}.png", rows)
    if world > 1:
        torch.distributed.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--prepared", type=Path, required=True, help="folder with tokenizer/ and codec/ (training.prepare)"
    )
    parser.add_argument("--kind", choices=("flow", "rectified"), default="flow")
    parser.add_argument("--config", choices=sorted(CONFIGS), default="nano")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--accumulate", type=int, default=1)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--warm", type=int, default=300)
    parser.add_argument("--noise", type=float, default=0.07, help="of the whitened latent; keeps flat areas finite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first-scene", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--compile", action="store_true", help="torch.compile the conditioners; needs a C compiler")
    parser.add_argument("--check-every", type=int, default=500)
    parser.add_argument("--save-minutes", type=float, default=5)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
