"""Tokenizer, codec, checkpoints, uses, export."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_flow import tiny_model

from flux_model import hub, uses
from flux_model.codec import FluxImageDecoder, FluxImageEncoder, PatchBasis
from flux_model.errors import CheckpointError, InputError
from flux_model.model import FluxDevModel
from flux_model.tokenizer import FluxTokenizer
from flux_model.training.data import pictures


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Path) -> FluxTokenizer:
    return FluxTokenizer.from_pretrained(checkpoint)


def test_the_tokenizer_pads_masks_and_moves(tokenizer: FluxTokenizer) -> None:
    batch = tokenizer(["a red balloon", "红色的气球 over the sea"], return_tensors="pt").to("cpu")
    assert batch["input_ids"].shape == batch.attention_mask.shape
    assert torch.equal(batch["attention_mask"], (batch["input_ids"] != 0).long())
    assert batch["input_ids"][0, 0] == tokenizer.bos_token_id
    assert isinstance(tokenizer("a")["input_ids"][0], int)
    assert tokenizer(["a"], return_tensors="np")["input_ids"].dtype == np.int64
    assert len(tokenizer("a", padding="max_length", max_length=9)["input_ids"]) == 9
    cut = tokenizer("sea " * 99, max_length=5)["input_ids"]
    assert len(cut) == 5 and cut[-1] == tokenizer.eos_token_id


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N"]), max_size=40))
def test_words_come_back(tokenizer: FluxTokenizer, text: str) -> None:
    import unicodedata

    ids = tokenizer.encode(text, max_length=10**6)
    assert tokenizer.decode(ids) == unicodedata.normalize("NFKC", text).strip()


def test_what_the_tokenizer_refuses(tokenizer: FluxTokenizer) -> None:
    for wrong in ([], [1], [["a"]]):
        with pytest.raises(InputError):
            tokenizer(wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        tokenizer(["a", "a b c d"], padding=False, return_tensors="pt")
    with pytest.raises(InputError):
        tokenizer("a", return_tensors="tf")


def test_the_basis_is_orthonormal_and_exact_with_the_rest(checkpoint: Path) -> None:
    codec = PatchBasis.from_pretrained(checkpoint)
    assert torch.allclose(codec.basis @ codec.basis.T, torch.eye(192), atol=1e-5)
    x = pictures(range(3), 64)
    latent = codec.encode(x)
    assert latent.shape == (3, 16, 8, 8)
    rest = codec.coefficients(x)[..., 16:]
    assert torch.allclose(codec.decode(latent, rest), x, atol=1e-4)
    error = (codec.decode(latent) - x).square().mean()
    assert -10 * float(error.log10()) > 22


def test_encoder_and_decoder_are_the_two_ways(checkpoint: Path) -> None:
    x = pictures(range(2), 64)
    latent = FluxImageEncoder.from_pretrained(checkpoint).encode(x)
    assert FluxImageDecoder.from_pretrained(checkpoint).decode(latent).shape == x.shape
    with pytest.raises(InputError, match="multiples of 8"):
        FluxImageEncoder.from_pretrained(checkpoint).encode(torch.zeros(1, 3, 60, 64))
    with pytest.raises(InputError, match="latent"):
        FluxImageDecoder.from_pretrained(checkpoint).decode(torch.zeros(1, 4, 8, 8))


def test_saved_in_shards_and_loaded_the_same(tmp_path: Path) -> None:
    model = tiny_model()
    model.save_pretrained(tmp_path / "a", card="# A card\n", shard_bytes=200_000)
    assert len(list((tmp_path / "a").glob("model-*.safetensors"))) > 1
    assert (tmp_path / "a" / "README.md").read_text() == "# A card\n"
    again = FluxDevModel.from_pretrained(tmp_path / "a")
    ids = torch.tensor([[1, 5, 2]])
    assert torch.equal(model.generate(ids), again.generate(ids))
    half = FluxDevModel.from_pretrained(tmp_path / "a", torch_dtype=torch.bfloat16)
    assert next(half.parameters()).dtype == torch.bfloat16


def test_saving_again_leaves_nothing_of_before(tmp_path: Path) -> None:
    tiny_model().save_pretrained(tmp_path, shard_bytes=200_000)
    tiny_model().save_pretrained(tmp_path)
    assert [f.name for f in sorted(tmp_path.glob("model*"))] == ["model.safetensors"]
    FluxDevModel.from_pretrained(tmp_path)


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "config", "unknown", "other"])
def test_a_damaged_checkpoint_is_one_clear_error(tmp_path: Path, checkpoint: Path, damage: str) -> None:
    folder = tmp_path / "c"
    shutil.copytree(checkpoint / "checkpoint", folder)
    file = folder / "model.safetensors"
    if damage == "flip":
        data = bytearray(file.read_bytes())
        data[-5] ^= 1
        file.write_bytes(data)
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:1000])
    elif damage == "missing":
        file.unlink()
    elif damage == "config":
        (folder / "config.json").write_text("{")
    else:
        (folder / "SHA256SUMS").unlink()
        told = json.loads((folder / "config.json").read_text())
        told.update({"flavour": 1} if damage == "unknown" else {"couplings": 6})
        (folder / "config.json").write_text(json.dumps(told))
    with pytest.raises(CheckpointError) as error:
        FluxDevModel.from_pretrained(folder)
    assert "\n" not in str(error.value)


def test_names_of_the_registry(tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = tmp_path / "flux-1.json"
    registry.write_text(json.dumps({"flux-1/dev-checkpoint": str(checkpoint)}))
    monkeypatch.setenv("FLUX_MODEL_REGISTRY", str(registry))
    assert FluxDevModel.from_pretrained("flux-1/dev-checkpoint").config.name == "test"
    assert hub.resolve("flux-1/dev-checkpoint", "tokenizer") == checkpoint / "tokenizer"
    registry.write_text("[")
    with pytest.raises(CheckpointError, match="registry"):
        hub.resolve("flux-1/dev-checkpoint", "checkpoint")


def test_names_that_are_nothing(tmp_path: Path) -> None:
    for name in ("/nowhere/at/all", "nothing", str(tmp_path)):
        with pytest.raises(CheckpointError):
            hub.resolve(name, "checkpoint")


@torch.no_grad()
def test_which_and_anomaly(checkpoint: Path, tokenizer: FluxTokenizer) -> None:
    model, codec = FluxDevModel.from_pretrained(checkpoint), PatchBasis.from_pretrained(checkpoint)
    x = pictures(range(4), 64)
    chances = uses.which(model, codec, tokenizer, x[0], ["a red balloon", "the sea", "红色"])
    assert float(chances.sum()) == pytest.approx(1)
    ids = torch.tensor([[1, 2]]).expand(4, -1)
    background = uses.Background.fit(codec.encode(x))
    plain = uses.anomaly(model, codec, x, ids)
    ratio = uses.anomaly(model, codec, x, ids, background, with_complexity=True)
    assert plain.shape == ratio.shape == (4,) and bool(torch.isfinite(ratio).all())
    assert uses.bits_per_dim(model, codec, x, ids).shape == (4,)
    assert float(uses.complexity(torch.zeros(1, 3, 64, 64))) < float(uses.complexity(torch.rand(1, 3, 64, 64)))


@pytest.mark.filterwarnings("ignore")
def test_onnx_gives_what_torch_gives(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    from flux_model import export
    from flux_model.model import noise

    model = tiny_model()
    file = export.export(model, tmp_path / "flow.onnx", tokens=6)
    ids = torch.tensor([[1, 5, 6, 2, 0, 0], [1, 9, 2, 0, 0, 0], [1, 2, 0, 0, 0, 0]])
    z = noise(model.config, 3, 64, 64, 1)
    latent = export.run(file, ids.numpy(), z.numpy())
    with torch.no_grad():
        assert np.abs(latent - model.inverse(z, model.prompt(ids)).numpy()).max() < 1e-4
