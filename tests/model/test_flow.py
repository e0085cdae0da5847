"""The flow is a bijection with the likelihood that it claims, in one pass, for every shape and batch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_flow import tiny_config, tiny_model
from torch import Tensor

from flux_model.config import CONFIGS, FlowConfig, parameter_count
from flux_model.coupling import Conditioner
from flux_model.errors import CheckpointError, InputError
from flux_model.model import FluxDevModel, noise, pack, unpack
from flux_model.rectified import RectifiedFlow

IDS = torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(0, 99), st.sampled_from([0.0, 0.7]))
@torch.no_grad()
def test_there_and_back(batch: int, rows: int, columns: int, seed: int, guidance: float) -> None:
    model = tiny_model(seed % 3)
    x = torch.randn(batch, 16, 2 * rows, 2 * columns, generator=torch.Generator().manual_seed(seed))
    prompt = model.prompt(IDS[:1].expand(batch, -1))
    z, logdet = model(x, prompt, guidance=guidance)
    assert logdet.shape == (batch,)
    assert (model.inverse(z, prompt, guidance=guidance) - x).abs().max() <= 1e-5 * max(1.0, float(z.abs().max()))
    assert (z - x).abs().max() > 0.01


@torch.no_grad()
def test_a_double_latent_comes_back_all_but_exactly() -> None:
    model = tiny_model()
    x = torch.randn(2, 16, 8, 8, dtype=torch.float64)
    prompt = model.prompt(IDS)
    z, logdet = model(x, prompt)
    assert z.dtype == logdet.dtype == torch.float64
    assert (model.inverse(z, prompt) - x).abs().max() < 1e-9


@torch.no_grad()
def test_bfloat16_conditioners_still_come_back_nearly() -> None:
    model = tiny_model()
    x = torch.randn(2, 16, 8, 8)
    prompt = model.prompt(IDS)
    error = (model.inverse(model(x, prompt, exact=False)[0], prompt, exact=False) - x).abs()
    assert float(error.median()) < 1e-5 and float(error.max()) < 0.1


@torch.no_grad()
def test_weights_in_half_precision_are_exact_all_the_same() -> None:
    model = tiny_model().to(torch.bfloat16)
    x = torch.randn(2, 16, 4, 4)
    prompt = model.prompt(IDS)
    prompt.states, prompt.pooled = prompt.states.float(), prompt.pooled.float()
    z, _ = model(x, prompt)
    assert z.dtype == torch.float32
    assert (model.inverse(z, prompt) - x).abs().max() < 2e-5


def test_the_log_determinant_is_that_of_the_jacobian() -> None:
    model = tiny_model(couplings=6)
    prompt = model.prompt(IDS[:1])
    prompt.states, prompt.pooled = prompt.states.detach(), prompt.pooled.detach()
    x = torch.randn(1, 16, 2, 4)

    def flat(v: Tensor) -> Tensor:
        return model(v.reshape(x.shape), prompt)[0].flatten()

    jacobian = torch.autograd.functional.jacobian(flat, x.flatten())
    sign, value = torch.linalg.slogdet(jacobian.double())
    assert float(sign) == 1
    assert float(value) == pytest.approx(float(model(x, prompt)[1].detach()), abs=1e-3)


@torch.no_grad()
def test_an_untrained_flow_is_the_identity_with_a_normal_likelihood() -> None:
    model = FluxDevModel(tiny_config())
    x = torch.randn(2, 16, 4, 4)
    z, logdet = model(x, model.prompt(IDS))
    assert torch.equal(z.flatten().sort().values, x.flatten().sort().values) and not logdet.any()  # only reordered
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum((1, 2, 3))
    assert torch.allclose(model.log_prob(x, model.prompt(IDS)), normal, atol=1e-3)


def test_one_pass_means_one_call_of_each_conditioner() -> None:
    model = tiny_model()
    calls: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, Conditioner):
            module.register_forward_hook(lambda *_, name=name: calls.append(name))
    model.generate(IDS, num_inference_steps=1)
    assert len(calls) == len(set(calls)) == model.config.couplings


def test_same_input_same_output() -> None:
    model = tiny_model()
    first, again = model.generate(IDS, seed=3), model.generate(IDS, seed=3)
    assert torch.equal(first, again)
    assert not torch.equal(first, model.generate(IDS, seed=4))
    assert first.shape == (2, 16, 8, 8)
    alone = model.generate(IDS[1:], seed=4)
    assert torch.allclose(alone[0], first[1], atol=1e-5)


def test_words_matter_and_padding_does_not() -> None:
    model = tiny_model()
    one = model.generate(torch.tensor([[1, 5, 6, 2]]))
    assert not torch.allclose(one, model.generate(torch.tensor([[1, 5, 7, 2]])), atol=1e-3)
    assert torch.allclose(one, model.generate(torch.tensor([[1, 5, 6, 2, 0, 0, 0]])), atol=1e-5)


def test_sizes_other_than_that_of_training() -> None:
    assert tiny_model().generate(IDS[:1], height=48, width=96).shape == (1, 16, 6, 12)


@torch.no_grad()
def test_interpolation_begins_and_ends_where_it_should() -> None:
    model = tiny_model()
    a, b = torch.randn(1, 16, 4, 4), torch.randn(1, 16, 4, 4)
    way = model.interpolate(a, b, model.prompt(IDS[:1]), steps=5)
    assert way.shape == (5, 16, 4, 4)
    assert torch.allclose(way[0], a[0], atol=1e-4) and torch.allclose(way[-1], b[0], atol=1e-4)


@torch.no_grad()
def test_swapping_equal_prompts_changes_nothing() -> None:
    model = tiny_model()
    x = torch.randn(1, 16, 4, 4)
    told, other = model.prompt(IDS[:1]), model.prompt(IDS[1:])
    assert torch.allclose(model.edit_by_prompt_swap(x, told, told), x, atol=1e-5)
    assert not torch.allclose(model.edit_by_prompt_swap(x, told, other), x, atol=1e-2)


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_parameters_are_counted_without_building(name: str) -> None:
    config = CONFIGS[name]()
    with torch.device("meta"):
        model = FluxDevModel(config)
    assert sum(p.numel() for p in model.parameters()) == parameter_count(config)


def test_the_sizes_are_what_they_are_called() -> None:
    counts = {name: parameter_count(make()) for name, make in CONFIGS.items()}
    assert 10e6 < counts["nano"] < 13e6 and 1.1e9 < counts["tiny"] < 1.3e9 and 12e9 < counts["dev"] < 13e9


def test_packing_comes_back() -> None:
    x = torch.randn(2, 16, 6, 4)
    tokens, grid = pack(x, 2)
    assert tokens.shape == (2, 6, 64) and grid == (3, 2)
    assert torch.equal(unpack(tokens, grid, 16, 2), x)


def test_what_cannot_be_is_refused() -> None:
    model = tiny_model()
    with pytest.raises(InputError, match="one pass"):
        model.generate(IDS, num_inference_steps=4)
    with pytest.raises(InputError, match="multiples of 16"):
        model.generate(IDS, height=50)
    with pytest.raises(InputError, match="vocabulary"):
        model.generate(torch.tensor([[1, 99999]]))
    with pytest.raises(InputError, match="shape"):
        model.generate(torch.tensor([1, 2]))
    with pytest.raises(InputError, match="latent"):
        model(torch.randn(1, 3, 8, 8), model.prompt(IDS[:1]))
    with pytest.raises(InputError, match="at least 2"):
        model.interpolate(torch.randn(1, 16, 4, 4), torch.randn(1, 16, 4, 4), model.prompt(IDS[:1]), steps=1)
    with pytest.raises(CheckpointError):
        FlowConfig(width=33, heads=2)


def test_noise_of_a_batch_is_that_of_its_seeds() -> None:
    config = tiny_config()
    assert torch.equal(noise(config, 3, 32, 32, 5)[2], noise(config, 1, 32, 32, 7)[0])


def test_the_rectified_sibling() -> None:
    torch.manual_seed(0)
    sibling = RectifiedFlow(tiny_config()).eval()
    loss = sibling.loss(torch.randn(2, 16, 8, 8), IDS)
    loss.backward()
    assert float(loss.detach()) > 0
    one, four = sibling.generate(IDS, 1), sibling.generate(IDS, 4, guidance_scale=1.0)
    assert one.shape == four.shape == (2, 16, 8, 8)
    assert torch.equal(one, sibling.generate(IDS, 1))
    with pytest.raises(InputError):
        sibling.generate(IDS, 0)
