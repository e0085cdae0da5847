"""Vision-language models through transformers: from a folder or the hub to an eye.

Nothing here runs code that comes with a model, and only safetensors are read. torch and
transformers are imported when an eye is loaded, never before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fluxroom.engines.eyes.reading import Units, clean
from fluxroom.errors import EyeFailed, EyeUnusable
from fluxroom.perception import Eye

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_DEVICE = re.compile(r"cpu|mps|cuda(?::\d+)?")
DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of model that is understood.

    processor   the class in transformers that prepares its input
    units       how it counts places in a picture; None if it was not taught to
    """

    processor: str
    units: Units | None


FAMILIES = {
    "qwen2_vl": Family("Qwen2VLProcessor", "thousandths"),
    "qwen2_5_vl": Family("Qwen2_5_VLProcessor", "pixels"),
    "qwen3_vl": Family("Qwen3VLProcessor", "thousandths"),
    "qwen3_vl_moe": Family("Qwen3VLProcessor", "thousandths"),
    "idefics3": Family("Idefics3Processor", None),  # SmolVLM
    "smolvlm": Family("Idefics3Processor", None),  # SmolVLM2: lays out single pictures as Idefics3 does
    "florence2": Family("Florence2Processor", "thousandths"),
}
"""model_type in config.json -> its family. Places: Qwen2-VL and Qwen3-VL were taught in thousandths, Qwen2.5-VL in
pixels of its input (their model cards); Florence-2 has 1000 location tokens an axis (arXiv:2311.06242)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to be asked; `model` and `processor` are transformers' own."""

    name: str
    licence: str
    family: Family
    model: Any
    processor: Any

    @property
    def notice(self) -> str:
        return f"{self.name}; licence of its weights: {self.licence or 'not told by its files'}"


def load(name: str, *, device: str | None = None, dtype: str | None = None) -> Eye:
    """The eye in a folder of weights, or of that name on the hub (which downloads it unless it is there already).

    device  "cpu", "cuda", "cuda:1" or "mps"; default: cuda where there is one, else cpu
    dtype   "float32", "bfloat16" or "float16"; default: bfloat16 on cuda, else float32
    """
    if device is not None and not _DEVICE.fullmatch(device):
        raise EyeUnusable(f"the device is {clean(device, 40)!r}; it must be cpu, cuda, cuda:1 ... or mps")
    if dtype is not None and dtype not in DTYPES:
        raise EyeUnusable(f"the dtype is {clean(dtype, 40)!r}; it must be one of {', '.join(DTYPES)}")
    folder = Path(name)
    local = folder.is_dir()
    if not local and (folder.exists() or not _HUB_NAME.fullmatch(name)):
        raise EyeUnusable(
            f"{name}: there is no such eye; give 'embedded', an http(s) address, a folder of weights or a hub name"
        )
    if local and not (folder / "config.json").is_file():
        raise EyeUnusable(f"{name}: no config.json in there, so it is no folder of a model")
    if local:
        _need_weights(folder)
    with _plain_errors(name):
        model_type = _model_type(name, local)
    if model_type not in FAMILIES:
        raise EyeUnusable(
            f"{name}: its model_type is {clean(model_type, 40)!r}; understood are {', '.join(sorted(FAMILIES))}"
        )
    family = FAMILIES[model_type]
    _need_packages()
    import torch

    if device is not None and device.startswith("cuda") and not torch.cuda.is_available():
        raise EyeUnusable(f"there is no {device} here that torch can use; --eye-device cpu runs anywhere, slowly")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    kind = getattr(torch, dtype or ("bfloat16" if device.startswith("cuda") else "float32"))
    with _plain_errors(name):
        processor = _processor(family, name, local)
        model = _model(name, local, kind, device)
    loaded = Loaded(folder.resolve().name if local else name, licence_of(name, local), family, model, processor)
    if model_type == "florence2":
        from fluxroom.engines.eyes.florence import Florence

        return Florence(loaded)
    from fluxroom.engines.eyes.chat import Chat, PointingChat

    if not (getattr(processor, "chat_template", None) or getattr(processor.tokenizer, "chat_template", None)):
        raise EyeUnusable(f"{name}: it has no chat template, so it cannot be asked; take its Instruct variant")
    return Chat(loaded) if family.units is None else PointingChat(loaded)


def _need_packages() -> None:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise EyeUnusable(
            f"a model of one's own needs PyTorch and transformers ({clean(str(error), 80)}):"
            ' pip install "fluxroom[vision]"'
        ) from None
    assert torch and transformers


def _need_weights(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")):
        raise EyeUnusable(f"{folder}: its weights are pickled, which can run any code; convert them to safetensors")
    raise EyeUnusable(f"{folder}: there are no weights in there (*.safetensors); download the whole model")


def _model_type(name: str, local: bool) -> str:
    """From config.json; read without torch where it lies on this disk, so that a wrong folder is told at once."""
    if local:
        config = json.loads((Path(name) / "config.json").read_text("utf-8"))
    else:
        _need_packages()
        from transformers import PreTrainedConfig

        config, _ = PreTrainedConfig.get_config_dict(name)
    return str(config.get("model_type", "")) if isinstance(config, dict) else ""


def _processor(family: Family, name: str, local: bool) -> Any:
    """The family's processor for photos alone.

    Those of Qwen-VL and SmolVLM also prepare videos, which needs torchvision and num2words. A processor
    loads what its __init__ names, so one that names no video processor does without both.
    """
    import transformers

    whole = getattr(transformers, family.processor)
    if "video_processor" not in whole.get_attributes():
        return whole.from_pretrained(name, local_files_only=local)

    class ForPhotos(whole):  # type: ignore[misc, valid-type]
        def __init__(
            self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **kwargs: Any
        ) -> None:
            super().__init__(image_processor, tokenizer, None, chat_template=chat_template, **kwargs)

    return ForPhotos.from_pretrained(name, local_files_only=local)


def _model(name: str, local: bool, dtype: Any, device: str) -> Any:
    import transformers

    bars = transformers.utils.logging.is_progress_bar_enabled()
    level = transformers.utils.logging.get_verbosity()
    transformers.utils.logging.disable_progress_bar()  # of shards; what is wrong with the weights is told below
    transformers.utils.logging.set_verbosity_error()
    try:
        model, info = transformers.AutoModelForImageTextToText.from_pretrained(
            name,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=local,
            output_loading_info=True,
        )
    finally:
        transformers.utils.logging.set_verbosity(level)
        if bars:
            transformers.utils.logging.enable_progress_bar()
    lacking = len(info["missing_keys"]) + len(info["mismatched_keys"])
    if lacking:
        raise EyeUnusable(
            f"{name}: {lacking} of its tensors are missing or of another shape, so it would speak nonsense;"
            " download it again, or take the variant converted for transformers"
        )
    return model.eval().to(device)


@contextmanager
def _plain_errors(name: str) -> Iterator[None]:
    """What can go wrong while loading, as one line."""
    try:
        yield
    except (EyeUnusable, EyeFailed):
        raise
    except MemoryError:
        raise EyeFailed(f"{name}: not enough memory for this model; take a smaller one") from None
    except Exception as error:
        if is_out_of_memory(error):
            raise EyeFailed(no_room(name)) from None
        # transformers, tokenizers and safetensors each raise what they like for a damaged folder or a missing model
        raise EyeUnusable(
            f"{name}: the model cannot be loaded: {clean(str(error), 200) or type(error).__name__}"
        ) from (error)


def is_out_of_memory(error: BaseException) -> bool:
    """torch has an exception of its own for the GPU; on the CPU its allocator raises a RuntimeError."""
    import sys

    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    said = str(error)
    return isinstance(error, RuntimeError) and ("not enough memory" in said or "can't allocate memory" in said)


def no_room(name: str) -> str:
    return f"{name}: not enough memory on the device for this model; take a smaller one, or --eye-device cpu"


def licence_of(name: str, local: bool) -> str:
    """As the model's own files tell it: the model card's head, the config, or the first words of its licence file."""
    card = _text(name, local, "README.md")
    if card.startswith("---"):
        told = {
            k: v.strip().strip("\"'") for k, v in re.findall(r"^(license\w*):(.+)$", card.split("\n---", 1)[0], re.M)
        }
        said = told.get("license_name") if told.get("license") == "other" else told.get("license")
        if said:
            return clean(said, 60)
    try:
        config = json.loads(_text(name, local, "config.json"))
    except ValueError:
        config = None
    if isinstance(config, dict) and isinstance(config.get("license"), str):
        return clean(config["license"], 60)
    for file in ("LICENSE", "LICENSE.txt", "LICENSE.md"):
        first = next((line for line in _text(name, local, file).splitlines() if line.strip()), "")
        if first:
            return clean(first.strip("# "), 60)
    return ""


def _text(name: str, local: bool, file: str) -> str:
    """A small text file of the model, "" if there is none."""
    path: str | Path | None = Path(name) / file
    if not local:
        from transformers.utils import cached_file

        try:
            path = cached_file(name, file, _raise_exceptions_for_missing_entries=False)
        except (OSError, ValueError):
            path = None
    if path is None:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as opened:
            return opened.read(20_000)
    except OSError:
        return ""
