"""Greedy decoding, with how sure the model was of what it said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fluxroom.engines.eyes.loading import Loaded, is_out_of_memory, no_room
from fluxroom.errors import EyeFailed


def speak(loaded: Loaded, inputs: Any, longest: int) -> tuple[Any, float]:
    """The new tokens (n,) and the geometric mean of their probabilities, 0..1.

    inputs   what the processor made, on any device
    longest  new tokens at most

    Always the likeliest token, one beam: the same question gives the same answer.
    """
    import torch
    from transformers import LogitsProcessor, LogitsProcessorList

    logs: list[Any] = []

    class Listen(LogitsProcessor):  # type: ignore[misc]
        """Keeps the log probability of the likeliest token, which is the one that greedy decoding takes."""

        def __call__(self, input_ids: Any, scores: Any) -> Any:
            logs.append(torch.log_softmax(scores[0].float(), -1).max())
            return scores

    with torch.inference_mode(), memory_errors(loaded.name):
        inputs = inputs.to(loaded.model.device, loaded.model.dtype)
        tokens = loaded.model.generate(
            **inputs,
            max_new_tokens=longest,
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            logits_processor=LogitsProcessorList([Listen()]),
        )[0]
        if not loaded.model.config.is_encoder_decoder:
            tokens = tokens[inputs["input_ids"].shape[1] :]
        probability = float(torch.stack(logs).mean().exp()) if logs else 0.0
    return tokens.cpu(), probability if probability == probability else 0.0


@contextmanager
def memory_errors(name: str) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise EyeFailed(no_room(name)) from None
        raise EyeFailed(f"{name}: the model failed: {' '.join(str(error).split())[:200]}") from error


def harmless(text: str, tokenizer: Any) -> str:
    """The user's words without anything that the tokenizer would read as a mark of its own ("<image>")."""
    marks = sorted((m for m in tokenizer.get_added_vocab() if m in text and not m.isspace()), key=len, reverse=True)
    for mark in marks:
        text = text.replace(mark, " ")
    return text
