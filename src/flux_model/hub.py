"""Names, folders and Hugging Face ids -> checkpoint folders; safetensors in shards, with hashes that are checked.

`flux-1/...` names come from a small local registry, flux-1.json in the user's configuration folder or where
FLUX_MODEL_REGISTRY points: {"flux-1/dev-checkpoint": "/path/or/hub-id", ...}. A name that is not registered there
stands for the nano checkpoint that ships with the package, and one notice says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from flux_model.errors import CheckpointError, MissingExtra

SHIPPED = Path(__file__).parent / "checkpoints" / "nano"
INDEX, HASHES = "model.safetensors.index.json", "SHA256SUMS"
SINGLE = "model.safetensors"
M = TypeVar("M", bound=nn.Module)
_noticed = False


def registry_file() -> Path:
    told = os.environ.get("FLUX_MODEL_REGISTRY")
    if told:
        return Path(told)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "flux_model" / "flux-1.json"


def _registered(name: str) -> str:
    file = registry_file()
    if not file.exists():
        return ""
    try:
        return str(json.loads(file.read_text(encoding="utf-8")).get(name, ""))
    except (OSError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{file} is no registry of checkpoints ({error})") from None


def _notice() -> None:
    global _noticed
    if not _noticed:
        _noticed = True
        print(
            "flux_model: no flux-1/... checkpoint is registered, so the shipped nano is used: 11 million parameters, "
            "64x64 pixels, trained on drawn scenes (see its model card)",
            file=sys.stderr,
        )


def resolve(name: str | Path, part: str) -> Path:
    """A checkpoint's folder, or in it that of `part` ("checkpoint", "tokenizer", "codec") where it has its own."""
    told = str(name)
    if told.startswith("flux-1/"):
        found = _registered(told)
        if not found:
            _notice()
            found = str(SHIPPED)
        told = found
    folder = Path(told).expanduser()
    if not folder.is_dir():
        folder = _download(told)
    for inside in (folder / part, folder):
        if inside.is_dir() and any(inside.glob("*.json")):
            return inside
    raise CheckpointError(f"{folder} holds no checkpoint (no config.json or tokenizer.json)")


def _download(name: str) -> Path:
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise CheckpointError(f"there is no checkpoint folder {name}")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtra(
            f"there is no folder {name}, and to fetch it as a Hugging Face id: pip install huggingface_hub"
        ) from None
    try:
        return Path(snapshot_download(name))
    except Exception as error:  # many kinds: no network, no such id, no permission
        raise CheckpointError(f"{name} is no folder, and could not be fetched: {str(error).splitlines()[0]}") from None


def told(folder: Path, key: str, default: Any) -> Any:
    """A value of config.json, beside or one folder up, or the default."""
    for file in (folder / "config.json", folder.parent / "config.json", folder.parent / "checkpoint" / "config.json"):
        if file.exists():
            found = json.loads(file.read_text(encoding="utf-8")).get(key)
            if found is not None:
                return found
    return default


def _sha256(file: Path) -> str:
    with file.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def check_hashes(folder: Path) -> None:
    """Compare with SHA256SUMS where there is one."""
    sums = folder / HASHES
    if not sums.exists():
        return
    for line in sums.read_text(encoding="utf-8").splitlines():
        want, _, name = line.partition("  ")
        file = folder / name
        if not file.exists():
            raise CheckpointError(f"{folder} is incomplete: {name} is missing")
        if _sha256(file) != want:
            raise CheckpointError(f"{file} is damaged: its hash is not the one in {HASHES}")


def save_model(
    model: nn.Module,
    write_config: Callable[[Path], None],
    folder: Path,
    card: str = "",
    shard_bytes: int = 5_000_000_000,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_config(folder)
    shards: list[dict[str, torch.Tensor]] = [{}]
    room = shard_bytes
    for name, tensor in model.state_dict().items():
        size = tensor.numel() * tensor.element_size()
        if size > room and shards[-1]:
            shards.append({})
            room = shard_bytes
        shards[-1][name] = tensor.detach().cpu().contiguous()
        room -= size
    names = (
        [SINGLE]
        if len(shards) == 1
        else [f"model-{i + 1:05}-of-{len(shards):05}.safetensors" for i in range(len(shards))]
    )
    for old in folder.glob("model*.safetensors*"):
        old.unlink()
    for name, shard in zip(names, shards, strict=True):
        save_file(shard, str(folder / name), metadata={"format": "pt"})
    if len(shards) > 1:
        where = {key: name for name, shard in zip(names, shards, strict=True) for key in shard}
        total = sum(t.numel() * t.element_size() for shard in shards for t in shard.values())
        index = {"metadata": {"total_size": total}, "weight_map": where}
        (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    if card:
        (folder / "README.md").write_text(card, encoding="utf-8")
    sums = [f"{_sha256(folder / n)}  {n}" for n in (*names, "config.json")]
    (folder / HASHES).write_text("\n".join(sums) + "\n", encoding="utf-8")


def load_weights(folder: Path) -> dict[str, torch.Tensor]:
    check_hashes(folder)
    if (folder / INDEX).exists():
        files = sorted(set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
    else:
        files = [SINGLE]
    state: dict[str, torch.Tensor] = {}
    for name in files:
        if not (folder / name).exists():
            raise CheckpointError(f"{folder} is incomplete: {name} is missing")
        try:
            state.update(load_file(str(folder / name)))
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{folder / name} cannot be read: {error}") from None
    return state


def load_model(kind: Callable[[Any], M], config: Any, folder: Path, dtype: torch.dtype | None) -> M:
    """Build on the meta device, then give it the weights: nothing is initialised twice. Half precision is widened to
    float32 unless `dtype` says otherwise."""
    state = load_weights(folder)
    with torch.device("meta"):
        model = kind(config)
    want = dtype or torch.float32
    # Cloned into memory of its own: products may round otherwise where a tensor is aligned otherwise.
    state = {k: (v.to(want) if v.is_floating_point() else v).clone() for k, v in state.items()}
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    if missing or unexpected:
        raise CheckpointError(
            f"{folder} does not fit its config.json: missing {missing[:3]}, unexpected {unexpected[:3]}"
        )
    _fill(model)
    return model


def _fill(model: nn.Module) -> None:
    """Buffers that are not stored are made from those that are."""
    for module in model.modules():
        if getattr(module, "back", None) is not None:
            module.back = torch.argsort(module.order)
