"""How fast the Flow Transformer makes pictures: images/s at a size, memory, and what the arithmetic would allow.

    python benchmarks/flow_throughput.py --config dev --size 1024      on a GPU: random weights, bfloat16
    python benchmarks/flow_throughput.py --config nano --size 64       on any CPU

Beside it in the same run, where diffusers is installed: one step of FLUX.1's transformer of that size (random weights),
for `dev` its 12 billion parameters, else one of the flow's width. Prints one row for each way of running.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from flux_model.codec import PatchBasis
from flux_model.config import CONFIGS, FlowConfig, parameter_count
from flux_model.model import FluxDevModel


def flops(c: FlowConfig, size: int, tokens: int) -> float:
    """Multiply-adds times two of one pass for one picture, attention included."""
    image = (size // 16) ** 2
    d = c.width
    sequence = image + tokens
    single = 2 * sequence * d * d * (3 + 2 * c.mlp_ratio + 1) + 4 * sequence * sequence * d
    double = 2 * sequence * d * d * (4 + 2 * c.mlp_ratio) + 4 * sequence * sequence * d
    return float(c.couplings * (c.single_blocks * single + c.double_blocks * double))


def timed(work: Callable[[], Any], device: torch.device, seconds: float) -> float:
    """Seconds a call, the fastest of as many as fit, after two to warm up."""
    for _ in range(2):
        work()
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < seconds:
        if device.type == "cuda":
            torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    return best


def random_model(c: FlowConfig, device: torch.device, dtype: torch.dtype) -> FluxDevModel:
    """Weights drawn on the device: 12 billion numbers are never made twice."""
    with torch.device("meta"):
        model = FluxDevModel(c)
    model = model.to(dtype).to_empty(device=device).eval()
    for name, p in model.named_parameters():
        torch.nn.init.normal_(p, std=0.01) if p.ndim > 1 else torch.nn.init.zeros_(p)
        if name.endswith("norm.weight") or "_norm." in name:
            torch.nn.init.ones_(p)
    for coupling in model.couplings:
        coupling.order = torch.randperm(c.state).to(device)
        coupling.back = torch.argsort(coupling.order)
    return model


def peer(
    c: FlowConfig, device: torch.device, dtype: torch.dtype, size: int, tokens: int, batch: int
) -> Callable[[], Any] | None:
    try:
        from diffusers import FluxTransformer2DModel
    except ImportError:
        return None
    heads = c.width // 128 or 1
    with torch.device("meta"):
        model = FluxTransformer2DModel(
            num_layers=c.couplings * max(c.double_blocks, 1), num_single_layers=c.couplings * c.single_blocks,
            num_attention_heads=heads, attention_head_dim=c.width // heads, joint_attention_dim=4096,
        )  # fmt: skip
    model = model.to(dtype).to_empty(device=device).eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.01)
    n = (size // 16) ** 2
    hidden = torch.randn(batch, n, 64, device=device, dtype=dtype)
    text = torch.randn(batch, tokens, 4096, device=device, dtype=dtype)
    pooled = torch.randn(batch, 768, device=device, dtype=dtype)
    t = torch.ones(batch, device=device, dtype=dtype)
    places = {"img_ids": torch.zeros(n, 3, device=device), "txt_ids": torch.zeros(tokens, 3, device=device)}
    return lambda: model(
        hidden_states=hidden, encoder_hidden_states=text, pooled_projections=pooled, timestep=t, guidance=t, **places
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", choices=sorted(CONFIGS), default="nano")
    parser.add_argument("--size", type=int, default=0, help="pixels a side; 0: what the size was made for")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--tflops", type=float, default=0.0, help="what the device can do, for the roofline column")
    a = parser.parse_args()
    torch.set_grad_enabled(False)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    c = CONFIGS[a.config]()
    size = a.size or c.image_size
    model = random_model(c, device, dtype)
    codec = PatchBasis().to(device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    count = parameter_count(c) / 1e9
    print(f"{c.name}: {count:.3f} billion parameters, {size}x{size}, {a.tokens} tokens, {dtype}, {name}")
    print("| way | batch | images/s | TFLOP/s | of the device | GiB |\n|---|---|---|---|---|---|")
    work = flops(c, size, a.tokens)

    def row(way: str, batch: int, seconds: float) -> None:
        rate = batch / seconds
        share = f"{rate * work / 1e12 / a.tflops:.0%}" if a.tflops else ""
        memory = f"{torch.cuda.max_memory_allocated() / 2**30:.1f}" if device.type == "cuda" else ""
        print(f"| {way} | {batch} | {rate:.2f} | {rate * work / 1e12:.2f} | {share} | {memory} |", flush=True)

    for batch in a.batch:
        ids = torch.randint(3, 200, (batch, a.tokens), device=device)
        ids[:, 0] = 1

        def picture(ids: torch.Tensor = ids, exact: bool = False) -> torch.Tensor:
            return codec.decode(model.generate(ids, height=size, width=size, exact=exact))

        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        row("bfloat16 conditioners, decoded", batch, timed(picture, device, a.seconds))
        if a.config in ("nano", "micro"):
            row("exact (float32), decoded", batch, timed(lambda p=picture: p(exact=True), device, a.seconds))
    other = peer(c, device, dtype, size, a.tokens, max(a.batch))
    if other is not None:
        row("diffusers' FLUX.1 transformer, one step", max(a.batch), timed(other, device, a.seconds))
        del other
    for coupling in model.couplings:
        coupling.conditioner.compile(mode="reduce-overhead" if device.type == "cuda" else "default")
    for batch in a.batch:
        ids = torch.randint(3, 200, (batch, a.tokens), device=device)
        made = timed(
            lambda i=ids: codec.decode(model.generate(i, height=size, width=size, exact=False)), device, a.seconds
        )
        row("compiled, decoded", batch, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
