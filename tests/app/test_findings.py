"""What a comparison found out, read back with the images as they are now."""

import io
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from peu.app.comparisons import compare_arguments
from peu.app.findings import Findings, add_findings
from peu.app.jobs import JobRunner
from peu.app.workspace import Workspace
from peu.comparison.compare import compare
from peu.files import with_checksum, write_json
from peu.images.loading import load_images
from peu.reports.comparison_json import comparison_to_dict
from small_set import PLAIN, drawn_images


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Drawings of which two lie in the wrong class, and the comparison that was made of them."""
    made = Workspace(tmp_path_factory.mktemp("findings") / "work")
    images = load_images(drawn_images(tmp_path_factory))
    for record, label in zip(images.records, images.y, strict=True):
        made.add(str(label), record.path.name, record.path.read_bytes())
    for one in (made.images("accordion")[0], made.images("barrel")[1]):
        made.move([one.id], "anchor")
    arguments = compare_arguments(made, ["hog"], "quick")
    run = made.root / arguments[arguments.index("--output") + 1]
    found = compare(load_images(made.images_folder), [PLAIN], folds=3, repeats=1)
    write_json(run / "report.json", with_checksum(comparison_to_dict(found)))
    job = {"format": 1, "arguments": arguments, "started": 1.0, "about": ""}
    write_json(made.jobs_folder / "compare" / "job.json", job)
    write_json(made.jobs_folder / "compare" / "end.json", {"code": 0, "ended": 2.0})
    return made


@pytest.fixture
def findings(workspace: Workspace) -> Findings:
    return Findings(workspace, JobRunner(workspace.jobs_folder, workspace.root))


def test_mistakes_have_their_images_and_heat_maps(findings: Findings) -> None:
    app = FastAPI()
    add_findings(app, findings)
    client = TestClient(app)
    mistakes = findings.mistakes()
    assert mistakes
    assert all(one.image.class_name == one.label != one.predicted for one in mistakes)
    assert list(mistakes) == sorted(mistakes, key=lambda one: -one.probability)
    explained = [one for one in mistakes if one.heat_map]
    assert explained
    answer = client.get(f"/mistakes/{explained[0].number}")
    assert max(Image.open(io.BytesIO(answer.content)).size) <= 640
    for number in (-1, 10**6):
        assert client.get(f"/mistakes/{number}").status_code == 404


def test_labels_that_are_doubted_go_once_they_are_mended(
    findings: Findings, workspace: Workspace
) -> None:
    suspects = findings.suspects()
    planted = [one for one in suspects if one.given == "anchor"]
    assert {one.suggested for one in planted} & {"accordion", "barrel"}
    first = planted[0]
    workspace.move([first.image.id], first.suggested)
    assert first.image.id not in {one.image.id for one in findings.suspects()}
    workspace.undo()
    assert findings.suspects() == suspects


def test_without_a_report_there_is_nothing(tmp_path: Path) -> None:
    empty = Workspace(tmp_path / "empty")
    found = Findings(empty, JobRunner(empty.jobs_folder, empty.root))
    assert (found.best(), found.mistakes(), found.suspects()) == (None, (), ())
    assert found.summary() == {}
