"""What is played with: commands of the command line, and the images that they leave."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.main import get_command

from broken_images import write_image
from games import write_examples, write_planes
from peu.app.jobs import JobRunner
from peu.app.playing import FEWEST_IMAGES, Game, Playing, add_playing
from peu.app.workspace import Workspace
from peu.cli.commands import app as commands


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


@pytest.fixture
def playing(workspace: Workspace) -> Playing:
    return Playing(workspace, JobRunner(workspace.jobs_folder, workspace.root))


@pytest.fixture
def client(playing: Playing) -> TestClient:
    app = FastAPI()
    add_playing(app, playing)
    return TestClient(app)


def fill(workspace: Workspace, count: int) -> None:
    for number in range(count):
        write_image(workspace.images_folder / "one" / f"{number}.png", seed=number)
    workspace.refresh()


def test_digits_are_mnist_where_it_is_here_and_images_are_offered_where_they_are_enough(
    playing: Playing, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PEU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PEU_DATA", str(tmp_path / "data"))
    assert playing.sources() == ("digits",)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mnist.npz").touch()
    assert playing.sources() == ("mnist",)
    fill(workspace, FEWEST_IMAGES - 1)
    assert playing.sources() == ("mnist",)
    fill(workspace, FEWEST_IMAGES)
    assert playing.sources() == ("mnist", "images")


def test_nothing_is_there_before_something_was_trained(
    playing: Playing, client: TestClient
) -> None:
    assert list(playing.planes()) == []
    assert playing.examples() is None
    assert playing.stamp("plane") is playing.stamp("noise") is None
    assert not playing.is_current("plane")
    assert client.get("/play/plane/auto").status_code == 404


def test_planes_come_by_rising_kl_weight_with_their_images(
    playing: Playing, workspace: Workspace, client: TestClient
) -> None:
    write_planes(workspace, playing)
    assert [one.facts["requested"] for one in playing.planes()] == ["auto", "1"]
    assert playing.is_current("plane")
    for one in playing.planes():
        for address in one.pictures.values():
            assert client.get(address).content.startswith(b"\x89PNG")


def test_examples_come_with_three_images(
    playing: Playing, workspace: Workspace, client: TestClient
) -> None:
    write_examples(workspace, playing)
    made = playing.examples()
    assert made is not None
    assert set(made.pictures) == {"original", "noisy", "denoised"}
    for address in made.pictures.values():
        assert client.get(address).headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "place", ["plane/0.5", "plane/..%2F..%2Fworkspace", "noise/examples", "jobs/job", "plane/%00"]
)
def test_only_known_names_are_answered(
    playing: Playing, workspace: Workspace, client: TestClient, place: str
) -> None:
    write_planes(workspace, playing)
    write_examples(workspace, playing)
    assert client.get(f"/play/{place}").status_code == 404


def test_damaged_and_half_written_files_are_left_out(
    playing: Playing, workspace: Workspace
) -> None:
    write_planes(workspace, playing)
    write_examples(workspace, playing)
    for name in ("auto.json", "examples.json"):
        (damaged,) = workspace.root.glob(f"play/**/{name}")
        damaged.write_text('{"kl_weight":')
    assert [one.facts["requested"] for one in playing.planes()] == ["1"]
    assert playing.examples() is None
    for content in ("[]", '{"height": 12, "width": 12, "kl_weight": 1}'):
        for name in ("1.json", "examples.json"):
            (other,) = workspace.root.glob(f"play/**/{name}")
            other.write_text(content)
        assert list(playing.planes()) == []
        assert playing.examples() is None


def test_other_images_give_another_folder(playing: Playing, workspace: Workspace) -> None:
    fill(workspace, FEWEST_IMAGES)
    before, digits = playing.arguments("plane", "images"), playing.arguments("plane", "digits")
    assert before == playing.arguments("plane", "images")
    fill(workspace, FEWEST_IMAGES + 1)
    assert before != playing.arguments("plane", "images")
    assert digits == playing.arguments("plane", "digits")


@pytest.mark.parametrize("game", ["plane", "noise"])
@pytest.mark.parametrize("source", ["mnist", "digits", "images"])
def test_the_commands_are_those_of_the_command_line(
    playing: Playing, game: Game, source: str
) -> None:
    group, name, *rest = playing.arguments(game, source)
    families = getattr(get_command(commands), "commands")  # noqa: B009 - Click's types hide it
    given = families[group].commands[name].make_context(name, rest).params
    assert given["data"] == source
    assert str(given["output"]).startswith("play/")
