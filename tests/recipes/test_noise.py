"""Noise as one writes it, read back and refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.errors import RecipeError
from peu.recipes.noise import Noise, read_noise


@pytest.mark.parametrize(
    ("text", "kind", "low", "high"),
    [
        ("0.2", "gaussian", 0.2, 0.2),
        (0.4, "gaussian", 0.4, 0.4),
        (1, "gaussian", 1.0, 1.0),
        (" 0-0.6 ", "gaussian", 0.0, 0.6),
        ("gaussian:.1-.2", "gaussian", 0.1, 0.2),
        ("Poisson:30", "poisson", 30.0, 30.0),
        ("poisson:5-50", "poisson", 5.0, 50.0),
        ("salt-and-pepper:0.1", "salt-and-pepper", 0.1, 0.1),
        ("salt-and-pepper:0-1", "salt-and-pepper", 0.0, 1.0),
    ],
)
def test_noise_is_read_as_it_is_written(text: object, kind: str, low: float, high: float) -> None:
    noise = read_noise(text)
    assert (noise.kind, noise.low, noise.high) == (kind, low, high)
    assert noise.blind == (low != high)


@given(st.sampled_from(["gaussian", "salt-and-pepper"]), st.integers(0, 50), st.integers(1, 50))
def test_what_is_written_reads_the_same(kind: str, low: int, more: int) -> None:
    noise = Noise(kind=kind, low=low / 100, high=(low + more) / 100)  # type: ignore[arg-type]
    assert read_noise(str(noise)) == noise


@pytest.mark.parametrize(
    "text",
    [
        "",
        "much",
        "0",
        0,
        "-0.2",
        -0.2,
        "0.6-0.2",
        "3",
        "1e-3",
        "nan",
        float("nan"),
        float("inf"),
        True,
        None,
        [0.2],
        "poisson:0",
        "poisson:0-30",
        "poisson",
        "salt-and-pepper:1.5",
        "salt-and-pepper:0",
        "speckle:0.1",
        "gaussian:poisson:3",
        "0.1-0.2-0.3",
    ],
)
def test_what_is_no_noise_is_refused(text: object) -> None:
    with pytest.raises(RecipeError, match=r"`--noise` must be .* Received: ") as caught:
        read_noise(text, "--noise")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "strongest", "twice"),
    [
        ("0-0.6", "0.6", "1.2"),
        ("0.2", "0.2", "0.4"),
        ("poisson:4-30", "poisson:4", "poisson:1"),
        ("salt-and-pepper:0.1-0.7", "salt-and-pepper:0.7", "salt-and-pepper:1"),
    ],
)
def test_the_strongest_of_a_range_disturbs_most(text: str, strongest: str, twice: str) -> None:
    assert str(read_noise(text).strongest()) == strongest
    assert str(read_noise(text).strongest(2)) == twice
