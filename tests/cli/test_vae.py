"""`peu vae`: from a set of images to a map, and everything one does with it."""

import functools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from command_line import Peu, complaint
from eager_steps import eager_steps
from forged_manifests import forge_manifest
from latent_images import lights, saved_light_vae, write_lights
from peu.autoencoders.vae import VAE
from peu.comparison import kl_weights
from peu.errors import ResourceError
from peu.evaluation import generated

CODES = {"format", "output", "codes"}


@pytest.fixture(scope="module")
def light_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lights(tmp_path_factory.mktemp("lights") / "lights.npz")


@pytest.fixture(scope="module")
def few_lights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return as many as suffice where it does not matter what is learnt."""
    return write_lights(tmp_path_factory.mktemp("few") / "lights.npz", 60)


@pytest.fixture(scope="module")
def light_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_light_vae(tmp_path_factory)


@pytest.fixture(scope="module")
def some_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("some")
    pixels, _ = lights(6, seed=11)
    for at, image in enumerate(pixels[..., 0]):
        Image.fromarray(255 - image if at == 3 else image).save(folder / f"{at}.png")
    return folder


def _json(peu: Peu, *arguments: object) -> Any:
    with eager_steps():
        told = peu("vae", *arguments, "--json")
    assert told.exit_code == 0, told.stderr
    return json.loads(told.stdout)


def test_a_map_is_trained_saved_measured_and_reported(peu: Peu, few_lights: Path) -> None:
    facts = _json(
        *(peu, "train", few_lights, "--epochs", 3, "--batch-size", 32, "-o", "model"),
        *("--latent-dim", 3, "--kl-weight", "0.0005", "--report", "report"),
    )
    assert facts["format"] == 1
    assert (facts["trained_on"], facts["images"]) == (48, 12)
    assert len(facts["kl"]) == len(facts["bounds"]) == 3
    assert facts["kl_weight"] == pytest.approx(0.0005)
    found = _json(peu, "evaluate", "model", few_lights)
    wanted = {"elbo", "mse", "kl", "active_units", "knn_accuracy", "kl_weight"}
    assert wanted <= set(found)
    assert all(found[name] == facts[name] for name in wanted)
    page = Path("report/report.html").read_text()
    assert "Reconstructions" in page
    drawings = {path.name for path in Path("report/figures").iterdir()}
    assert drawings == {
        *("terms.png", "reconstructions.png", "grid.png", "map.png"),
        *("samples_of_images.png", "samples_of_prior.png"),
    }
    for name in drawings:
        with Image.open(Path("report/figures") / name) as image:
            assert image.width > 100
    figures = json.loads(Path("report/report.json").read_text())
    assert len(figures["history"]["kl_3"]) == 3


def test_what_must_collapse_is_said_before_training(peu: Peu, few_lights: Path) -> None:
    with eager_steps():
        told = peu(
            *("vae", "train", few_lights, "--epochs", 1, "--batch-size", 32),
            *("--kl-weight", 1, "-o", "model"),
        )
    assert told.exit_code == 0
    assert told.stderr.startswith("KL weight 1 will leave 2 of 2 dimensions empty")
    assert "0 of 2 dimensions active" in told.stdout


def test_images_are_drawn(peu: Peu, light_model: Path, some_images: Path) -> None:
    grid = _json(peu, "grid", light_model, "--from", -2, "--to", 2, "--steps", 4)
    assert set(grid) == CODES
    assert len(grid["codes"]) == 16
    with Image.open("grid.png") as image:
        assert image.size == (4 * 56 + 6, 4 * 48 + 6)
    drawn = _json(peu, "sample", light_model, "-n", 5, "-o", "out/some.png")
    assert np.shape(drawn["codes"]) == (5, 2)
    assert drawn["from"] == "images"
    prior = _json(peu, "sample", light_model, "-n", 5, "--from", "prior", "-o", "out/prior.png")
    assert prior["from"] == "prior"
    assert prior["codes"] != drawn["codes"]
    refused = peu("vae", "sample", light_model, "--from", "nowhere", "-o", "out/none.png")
    assert refused.exit_code == 2
    again = _json(peu, "reconstruct", light_model, some_images)
    assert len(again["images"]) == 6
    assert max(again["images"], key=lambda one: one["mse"])["path"].endswith("3.png")
    walk = _json(
        *(peu, "interpolate", light_model, some_images / "0.png", some_images / "1.png"),
        *("--steps", 4),
    )
    assert np.shape(walk["codes"]) == (4, 2)
    for name in ("out/some.png", "reconstructions.png", "interpolation.png"):
        with Image.open(name) as image:
            assert image.mode == "RGB"


def test_known_sets_and_the_first_images_of_a_part_are_taken(
    peu: Peu, light_model: Path, tmp_path: Path
) -> None:
    pixels, _ = lights(9, seed=11)
    np.savez(tmp_path / "own.npz", x_train=pixels[:6, ..., 0], x_test=pixels[6:, ..., 0])
    chosen = ("--part", "test", "--first", 2)
    told = _json(peu, "reconstruct", light_model, tmp_path / "own.npz", *chosen)
    assert [Path(one["path"]).name for one in told["images"]] == ["00006.png", "00007.png"]
    ranked = _json(peu, "anomalies", light_model, tmp_path / "own.npz", *chosen)
    assert {one["path"] for one in ranked["images"]} == {one["path"] for one in told["images"]}
    known = _json(peu, "reconstruct", light_model, "digits", "--first", 3, "-o", "known.png")
    assert len(known["images"]) == 3


def _change_held_out(manifest: dict[str, Any], changes: dict[str, Any]) -> None:
    manifest["learnt"]["held_out_"].update(changes)


def test_a_grid_too_narrow_for_the_images_says_so(peu: Peu, light_model: Path) -> None:
    # Every image within 2 of the centre, then every image at 8.
    for name, distance in (("near", 2.0), ("wide", 8.0)):
        shutil.copytree(light_model, name)
        changes = {"distances": [distance] * 101}
        forge_manifest(Path(name), functools.partial(_change_held_out, changes=changes))
    narrow = peu("vae", "grid", "near", "--from", -0.5, "--to", 0.5, "--steps", 2)
    assert narrow.exit_code == 0
    assert "further apart" not in narrow.stderr
    told = peu("vae", "grid", "wide", "-o", "wide.png")
    assert told.exit_code == 0
    assert "`--from -8 --to 8` shows nine in ten" in " ".join(told.stderr.split())


def test_a_map_is_a_page(peu: Peu, light_model: Path, light_file: Path) -> None:
    facts = _json(peu, "map", light_model, light_file, "--images", 20)
    assert len(facts["images"]) == 20
    assert facts["dimensions"] == [1, 2]
    assert "<svg" in Path("map.html").read_text()


def test_the_odd_one_out_comes_first(peu: Peu, light_model: Path, some_images: Path) -> None:
    found = _json(peu, "anomalies", light_model, some_images)
    first, *others = found["images"]
    assert first["path"].endswith("3.png")
    assert first["unusual"]
    assert first["score"] > found["threshold"]
    assert [one["score"] for one in others] == sorted((o["score"] for o in others), reverse=True)
    told = peu("vae", "anomalies", light_model, some_images, "--quantile", 0.9)
    assert "90.0% of 96 held-out images" in told.stdout


def test_a_study_is_reported_and_goes_on(
    peu: Peu, light_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How good its judge is does not matter here.
    monkeypatch.setattr(generated, "_LEAST_STEPS", 5)
    study = (
        *("vae", "kl-weights", light_file, "--values", "1,auto", "--epochs", 1),
        *("--batch-size", 64, "--images", 60, "-o", "study", "--plane", 4),
        *("--repeat", "auto"),
    )
    with eager_steps():
        first = peu(*study)
    assert first.exit_code == 0, first.stderr
    assert "Best bound" in first.stdout
    assert "KL weight auto once more" in first.stdout
    assert "KL weight auto once more" in Path("study/report.html").read_text()
    assert "Which kl_weight" in Path("study/report.html").read_text()
    assert Path("study/figures/curves.png").is_file()
    trials = {path: path.stat().st_mtime_ns for path in Path("study/trials").iterdir()}
    assert len(trials) == 3
    plane = json.loads(Path("study/planes/auto.json").read_text())
    assert (plane["requested"], plane["steps"], plane["reach"]) == ("auto", 4, 3.0)
    assert len(plane["places"]) == 12
    with Image.open("study/planes/auto.png") as atlas:
        assert (atlas.size, atlas.mode) == ((4 * 14, 4 * 12), "L")
        corner = VAE.load("study/models/auto").decode(np.array([[-3.0, 3.0]]))[0, ..., 0]
        assert np.abs(np.asarray(atlas)[:12, :14] - 255 * corner).max() <= 0.51
    # What is there already is not decoded anew.
    Path("study/planes/1.json").write_text("kept")
    facts = json.loads(peu(*study, "--json").stdout)
    assert [trial["requested"] for trial in facts["trials"]] == [1.0, "auto"]
    assert facts["repeated"]["requested"] == "auto"
    assert {path: path.stat().st_mtime_ns for path in Path("study/trials").iterdir()} == trials
    assert Path("study/planes/1.json").read_text() == "kept"


def test_kl_weights_train_side_by_side_when_asked(
    peu: Peu, light_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def stopped(*_: object, workers: int, **__: object) -> None:
        asked.append(workers)
        raise ResourceError("Far enough.")

    monkeypatch.setattr(kl_weights, "study_kl_weights", stopped)
    study = ("vae", "kl-weights", light_file, "--values", "1,auto", "--epochs", 1)
    for more in ((), ("--workers", 2)):
        assert peu(*study, *more).exit_code == 5
    # An epoch is sooner done here.
    assert asked == [0, 2]


def test_nothing_is_overwritten_unasked(peu: Peu, light_model: Path) -> None:
    Path("grid.png").write_bytes(b"mine")
    Path("map.html").write_bytes(b"mine")
    for arguments in (("grid", light_model), ("map", light_model, "nowhere")):
        refused = peu("vae", *arguments)
        assert refused.exit_code == 5
        assert "--overwrite" in complaint(refused)
    assert Path("grid.png").read_bytes() == Path("map.html").read_bytes() == b"mine"
    assert peu("vae", "grid", light_model, "--overwrite").exit_code == 0
    Path("report").mkdir()
    Path("report/note.txt").write_text("mine")
    assert peu("vae", "report", light_model, "nowhere", "-o", "report").exit_code == 5


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", "nowhere"), 3),
        (("train", "digits", "--kl-weight", "much"), 2),
        (("train", "digits", "--kl-weight", "-1"), 2),
        (("train", "digits", "--init", "tsne", "--latent-dim", "4"), 2),
        (("train", "digits", "--image-size", "9x"), 2),
        (("kl-weights", "digits", "--values", ""), 2),
        (("kl-weights", "digits", "--values", "0.1,0.1"), 2),
        (("kl-weights", "digits", "--plane", "9", "--latent-dim", "3"), 2),
        (("kl-weights", "digits", "--values", "0.1,auto", "--repeat", "1"), 2),
        (("evaluate", "nowhere"), 4),
        (("grid", "MODEL", "--from", "3", "--to", "-3"), 2),
        (("grid", "MODEL", "-o", "grid.jpg"), 2),
        (("evaluate", "MODEL"), 3),
        (("reconstruct", "MODEL", "nowhere"), 3),
        (("anomalies", "MODEL", "nowhere"), 3),
        (("reconstruct", "MODEL", "digits", "--part", "test"), 3),
        (("anomalies", "MODEL", "IMAGES", "--quantile", "1"), 2),
        (("interpolate", "MODEL", "IMAGES", "IMAGES"), 3),
    ],
)
def test_what_cannot_work_is_one_line_and_a_code(
    peu: Peu, light_model: Path, some_images: Path, arguments: tuple[str, ...], code: int
) -> None:
    places = {"MODEL": light_model, "IMAGES": some_images}
    told = peu("vae", *(places.get(each, each) for each in arguments), "--quiet")
    assert told.exit_code == code, told.stderr
    complaint(told)


def test_a_classifier_is_no_map(peu: Peu, model: Path) -> None:
    refused = peu("vae", "grid", model)
    assert refused.exit_code == 4
    assert "vae" in complaint(refused)


def test_the_command_takes_as_many_steps_as_fit(peu: Peu, tmp_path: Path) -> None:
    """The schedule depends on the number of images, and lives in one place."""
    data = write_lights(tmp_path / "lights.npz", 160)
    expected = VAE().training_for(128)
    found = _json(peu, "train", data, "--time-limit", 0.001, "-o", "model")
    assert found["trained_on"] == 128
    assert (found["epochs"], found["batch_size"]) == (expected.epochs, expected.batch_size)
