"""What is seen in drawings whose borders and axes are known."""

import numpy as np
import pytest

from peu.images.loading import load_images
from peu.lab.observations import common_direction, observe, observe_classes, symmetry_of
from recorded_progress import recorded_progress
from small_set import drawn_images


def _bar(angle: float, side: int = 80) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows, columns = np.mgrid[0:side, 0:side] - side / 2
    turned = np.deg2rad(angle)
    along = columns * np.cos(turned) - rows * np.sin(turned)
    across = columns * np.sin(turned) + rows * np.cos(turned)
    return np.where((abs(along) < 30) & (abs(across) < 4), 20.0, 230.0)


@pytest.mark.parametrize("angle", [0, 30, 90, 150])
def test_a_bar_lies_where_it_was_drawn(angle: float) -> None:
    seen = observe(_bar(angle))
    assert abs((seen.angle - angle + 90) % 180 - 90) < 2
    assert seen.elongation > 4
    assert seen.even_share == 1
    assert seen.border_level == 230


@pytest.mark.parametrize(("angle", "tilt"), [(0, 0), (30, 30), (90, 0), (135, 45), (170, -10)])
def test_edges_are_tilted_as_they_were_drawn(angle: float, tilt: float) -> None:
    apart = observe(_bar(angle)).tilt - tilt
    assert abs((apart + 45) % 90 - 45) < 2


def test_a_rotation_leaves_black_corners_and_a_black_background_is_none() -> None:
    rows, columns = np.indices((80, 80))
    turned = np.where(abs(rows - 39.5) + abs(columns - 39.5) < 60, 180.0, 0.0)
    assert observe(turned).black_corners
    assert not observe(np.zeros((80, 80))).black_corners
    assert not observe(np.full((80, 80), 200.0)).black_corners


def test_noise_is_no_even_border_and_an_even_image_has_no_axis() -> None:
    noise = np.random.default_rng(0).uniform(0, 255, (60, 60))
    assert observe(noise).even_share < 0.3
    assert observe(np.full((20, 20), 7.0)).even_share == 1
    assert observe(np.full((20, 20), 7.0)).elongation == 1


def test_axes_agree_across_the_horizontal() -> None:
    direction, agreement = common_direction(np.array([178.0, 2.0, 0.0]))
    assert min(direction, 180 - direction) < 1
    assert agreement > 0.99
    _, none = common_direction(np.array([0.0, 90.0]))
    assert none < 1e-9


def test_every_class_is_looked_at(tmp_path_factory: pytest.TempPathFactory) -> None:
    dataset = load_images(drawn_images(tmp_path_factory))
    with recorded_progress() as reported:
        seen = observe_classes(dataset, seed=0)
    counted = [done for _, done, _ in reported.phases]
    assert [one.name for one in seen] == list(dataset.class_names)
    assert sum(one.observed for one in seen) == len(dataset) == counted[-1]


def test_what_is_heavier_below_is_not_itself_upside_down() -> None:
    rows = np.linspace(0, 255, 16)[:, None] * np.ones((1, 16))
    images = np.stack([rows, rows, rows.T, rows.T])
    mirrored, turned = symmetry_of(images, np.array([0, 0, 0, 0]))
    assert mirrored == pytest.approx(turned)
    assert symmetry_of(images[:2], np.array([0, 0])) == pytest.approx((1, -1))
    assert symmetry_of(images[:2] * 0, np.array([0, 1])) == (1, 1)
