"""Vision-language models of a few thousand random weights, as folders that look like downloaded ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

SENTENCES = [
    "Is there a boat in the photo, and where is it? Yes, a red boat on the left.",
    "The sky is blue and the water is calm. What time of day is it? It is evening.",
    '{"answer": "There is a boat.", "value": "boat", "confidence": 0.9, "box": [10, 20, 300, 400]}',
    "图里有没有船？天空是蓝色的。这是什么时候拍的？",
]

CHAT = (
    "{% for m in messages %}{{ m.role }}: {% for part in m.content %}"
    "{% if part.type == 'image' %}IMAGE{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def tokenizer(marks: list[str], says: str = "", **special: Any) -> Any:
    """Byte-level BPE trained on a few sentences, with the marks a family needs, and `says` as one token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<pad>", "<s>", "</s>", *marks],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(SENTENCES, trainer)
    words = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", bos_token="<s>", eos_token="</s>", **special
    )
    if says:
        words.add_tokens([says])
    return words


def qwen(folder: Path, says: str, kind: str) -> None:
    import transformers as t

    words = tokenizer(["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"], says)
    words.chat_template = CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    patch = 16 if kind == "qwen3_vl" else 14
    pictures = t.Qwen2VLImageProcessorPil(
        patch_size=patch,
        merge_size=2,
        temporal_patch_size=2,
        size={"shortest_edge": 56 * 56, "longest_edge": 112 * 112},
    )
    ids = {
        "image_token_id": words.convert_tokens_to_ids("<|image_pad|>"),
        "video_token_id": words.convert_tokens_to_ids("<|video_pad|>"),
        "vision_start_token_id": words.convert_tokens_to_ids("<|vision_start|>"),
        "vision_end_token_id": words.convert_tokens_to_ids("<|vision_end|>"),
    }
    text = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 4096,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]},
    }
    eye = {"depth": 2, "num_heads": 2, "patch_size": patch, "spatial_merge_size": 2, "temporal_patch_size": 2}
    if kind == "qwen2_vl":
        eye |= {"embed_dim": 32, "hidden_size": 32, "mlp_ratio": 2}
        config = t.Qwen2VLConfig(text_config=text, vision_config=eye, **ids)
        model = t.Qwen2VLForConditionalGeneration(config)
    elif kind == "qwen2_5_vl":
        eye |= {
            "hidden_size": 32,
            "intermediate_size": 64,
            "out_hidden_size": 32,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        }
        config = t.Qwen2_5_VLConfig(text_config=text, vision_config=eye, **ids)
        model = t.Qwen2_5_VLForConditionalGeneration(config)
    else:
        eye |= {
            "hidden_size": 32,
            "intermediate_size": 64,
            "out_hidden_size": 32,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
        }
        config = t.Qwen3VLConfig(text_config=text, vision_config=eye, **ids)
        model = t.Qwen3VLForConditionalGeneration(config)
    if says:
        _speak(model, model.model.language_model, words.convert_tokens_to_ids(says))
    _save(folder, model, words, pictures)


def smolvlm(folder: Path, says: str, kind: str) -> None:
    import transformers as t

    rows = [f"<row_{r}_col_{c}>" for r in range(1, 3) for c in range(1, 3)]
    words = tokenizer(["<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>", *rows], says)
    words.chat_template = CHAT.replace("IMAGE", "<image>")
    side, patch, scale = 28, 7, 2
    processor = t.SmolVLMImageProcessorPil if kind == "smolvlm" else t.Idefics3ImageProcessorPil
    pictures = processor(size={"longest_edge": 2 * side}, max_image_size={"longest_edge": side})
    text = {
        "model_type": "llama",
        "vocab_size": len(words),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }
    eye = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": side,
        "patch_size": patch,
    }
    family = (t.Idefics3Config, t.Idefics3ForConditionalGeneration)
    if kind == "smolvlm":
        family = (t.SmolVLMConfig, t.SmolVLMForConditionalGeneration)
    image = words.convert_tokens_to_ids("<image>")
    config = family[0](
        text_config=text, vision_config=eye, scale_factor=scale, image_token_id=image, pad_token_id=words.pad_token_id
    )
    model = family[1](config)
    if says:
        _speak(model, model.model.text_model, words.convert_tokens_to_ids(says))
    _save(folder, model, words, pictures, {"image_seq_len": (side // patch) ** 2 // scale**2})


def florence(folder: Path, says: str) -> None:
    import torch
    import transformers as t

    places = [f"<loc_{i}>" for i in range(1000)]
    words = tokenizer(["<image>", *places], says, extra_special_tokens={"image_token": "<image>"})
    side = 32
    pictures = t.CLIPImageProcessorPil(
        size={"height": side, "width": side}, crop_size={"height": side, "width": side}, do_center_crop=False
    )
    pictures.image_seq_length = 5
    text = {
        "model_type": "bart",
        "vocab_size": len(words),
        "d_model": 32,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32,
        "max_position_embeddings": 512,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
        "decoder_start_token_id": words.eos_token_id,
        "forced_bos_token_id": words.bos_token_id,
        "forced_eos_token_id": words.eos_token_id,
    }
    eye = {
        "depths": [1, 1],
        "patch_size": [7, 3],
        "patch_stride": [4, 4],
        "patch_padding": [3, 1],
        "patch_prenorm": [False, True],
        "embed_dim": [16, 32],
        "num_heads": [2, 2],
        "num_groups": [2, 2],
        "window_size": 4,
        "projection_dim": 32,
        "max_position_embeddings": 16,
        "max_temporal_embeddings": 4,
    }
    config = t.Florence2Config(
        text_config=text, vision_config=eye, image_token_id=words.convert_tokens_to_ids("<image>")
    )
    words.model_max_length = 512
    model = t.Florence2ForConditionalGeneration(config)
    if says:
        last = model.model.language_model.decoder.layers[-1].final_layer_norm
        with torch.no_grad():  # its output is the row of that token, whatever came in
            rows = model.get_input_embeddings().weight
            rows.normal_(generator=torch.Generator().manual_seed(0))
            last.weight.zero_()
            last.bias.copy_(rows[words.convert_tokens_to_ids(says)])
    _save(folder, model, words, pictures, {"processor_class": "Florence2Processor"})


MODELS: dict[str, Callable[[Path, str], None]] = {
    "qwen2_vl": lambda folder, says: qwen(folder, says, "qwen2_vl"),
    "qwen2_5_vl": lambda folder, says: qwen(folder, says, "qwen2_5_vl"),
    "qwen3_vl": lambda folder, says: qwen(folder, says, "qwen3_vl"),
    "idefics3": lambda folder, says: smolvlm(folder, says, "idefics3"),
    "smolvlm": lambda folder, says: smolvlm(folder, says, "smolvlm"),
    "florence2": florence,
}
"""Family -> makes a model in a folder; with words to say, its weights are such that it says them, over and over."""


def make(family: str, folder: Path, says: str = "") -> Path:
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    MODELS[family](folder, says)
    return folder


def _speak(model: Any, text: Any, token: int) -> None:
    """Hand-written weights: layers that add nothing, and a head that answers a constant with one token."""
    import torch

    with torch.no_grad():
        for layer in text.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        text.embed_tokens.weight[:, 0] = 10.0
        model.lm_head.weight.zero_()
        model.lm_head.weight[token, 0] = 10.0


def _save(folder: Path, model: Any, words: Any, pictures: Any, processor: dict[str, Any] | None = None) -> None:
    import json

    model.save_pretrained(folder)
    words.save_pretrained(folder)
    pictures.save_pretrained(folder)
    if processor is not None:
        (folder / "processor_config.json").write_text(json.dumps(processor), "utf-8")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A tiny model\n", "utf-8")
