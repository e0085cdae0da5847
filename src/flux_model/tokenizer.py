"""A byte-level BPE tokenizer for Chinese and English, with the interface that users of transformers know.

The merging itself is done by the `tokenizers` library; the vocabulary is our own, trained by `flux_model.training`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from flux_model import hub
from flux_model.errors import CheckpointError, InputError

SPECIAL = ("<pad>", "<bos>", "<eos>")


class Encoding(dict[str, Any]):
    """What a tokenizer gives: a dict with `input_ids` and `attention_mask`, that can be moved to a device."""

    def to(self, device: Any) -> Encoding:
        return Encoding({k: v.to(device) if hasattr(v, "to") else v for k, v in self.items()})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class FluxTokenizer:
    """Text -> token ids. Calling it pads a batch to its longest text (or to `max_length`) and cuts at `max_length`."""

    pad_token_id, bos_token_id, eos_token_id = range(3)

    def __init__(self, tokenizer: Tokenizer, model_max_length: int = 64) -> None:
        self.backend = tokenizer
        self.model_max_length = model_max_length

    @classmethod
    def from_pretrained(cls, name: str | Path) -> FluxTokenizer:
        folder = hub.resolve(name, "tokenizer")
        try:
            backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises bare Exception
            raise CheckpointError(f"{folder} holds no readable tokenizer.json ({error})") from None
        return cls(backend, hub.told(folder, "text_length", 64))

    def save_pretrained(self, folder: str | Path) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.backend.save(str(Path(folder) / "tokenizer.json"))

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary: int = 4096, model_max_length: int = 64) -> FluxTokenizer:
        """Learn a vocabulary of so many tokens from texts."""
        backend = Tokenizer(models.BPE())
        backend.normalizer = normalizers.NFKC()
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        backend.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=list(SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        backend.train_from_iterator(texts, trainer)
        backend.post_processor = processors.TemplateProcessing(
            single="<bos> $A <eos>", special_tokens=[("<bos>", 1), ("<eos>", 2)]
        )
        return cls(backend, model_max_length)

    @property
    def vocab_size(self) -> int:
        return int(self.backend.get_vocab_size())

    def encode(self, text: str, max_length: int | None = None) -> list[int]:
        ids = list(self.backend.encode(text).ids)
        limit = max_length or self.model_max_length
        return ids if len(ids) <= limit else [*ids[: limit - 1], self.eos_token_id]

    def decode(self, ids: Any, skip_special_tokens: bool = True) -> str:
        return str(self.backend.decode([int(i) for i in ids], skip_special_tokens=skip_special_tokens)).strip()

    def batch_decode(self, rows: Any, skip_special_tokens: bool = True) -> list[str]:
        return [self.decode(row, skip_special_tokens) for row in rows]

    def __call__(
        self,
        text: str | list[str],
        *,
        padding: bool | str = True,
        truncation: bool = True,
        max_length: int | None = None,
        return_tensors: str | None = None,
    ) -> Encoding:
        """Ids and mask of one text or a batch; `return_tensors="pt"` gives tensors (B, T), "np" arrays, None lists."""
        texts = [text] if isinstance(text, str) else list(text)
        if not texts or not all(isinstance(t, str) for t in texts):
            raise InputError("the tokenizer takes a text or a non-empty list of texts")
        rows = [self.encode(t, max_length if truncation else 10**9) for t in texts]
        masks = [[1] * len(row) for row in rows]
        if padding:
            limit = max_length or self.model_max_length
            length = limit if padding == "max_length" else max(map(len, rows))
            masks = [mask + [0] * (length - len(mask)) for mask in masks]
            rows = [row + [self.pad_token_id] * (length - len(row)) for row in rows]
        if return_tensors is None:
            single = isinstance(text, str)
            return Encoding(input_ids=rows[0] if single else rows, attention_mask=masks[0] if single else masks)
        try:
            tensors = (torch.tensor(rows), torch.tensor(masks))
        except ValueError:
            raise InputError("texts of different lengths need padding=True to become a tensor") from None
        if return_tensors == "np":
            return Encoding(input_ids=tensors[0].numpy(), attention_mask=tensors[1].numpy())
        if return_tensors != "pt":
            raise InputError(f'return_tensors must be "pt", "np" or None, not {return_tensors!r}')
        return Encoding(input_ids=tensors[0], attention_mask=tensors[1])
