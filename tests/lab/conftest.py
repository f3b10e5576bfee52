"""A lab of recorded findings for tests of its pages, and a small lab for tests of its steps."""

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab_examples import examples_of, undrawn_charts
from peu.evaluation import generated
from peu.files import write_json
from peu.lab import rendering
from peu.lab import settings as lab_settings
from peu.lab.budget import QUICK, Budget
from peu.lab.context import LabContext
from peu.lab.findings import SectionResult, write_result
from peu.lab.page import write_lab
from peu.lab.run import run_lab
from peu.lab.sections import SECTIONS
from peu.lab.settings import LabSettings
from peu.reports import figure as reports_figure
from peu.reports import html as reports_html
from peu.settings import settings_to_dict
from peu.translations.language import LANGUAGES
from small_set import drawn_images

# As little as every step can work on: what is measured then means nothing.
TINY_BUDGET: Budget = replace(
    QUICK,
    sheet_size=32,
    sheet_epochs=2,
    small_size=16,
    values=0,
    push=2,
    policies=("vertical",),
    tuning_epochs=1,
    output_images=160,
    noisy_images=400,
    noisy_epochs=2,
    mapped_images=600,
    mapped_epochs=4,
    mapped_batch=8,
    kl_weights=(1.0, "auto"),
)
_KEPT = re.compile(r'image\("(\w+)"')


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an untrained network of two stages."""
    from peu.networks.backend import keras

    x = inputs = keras.Input((32, 32, 3))
    for filters in (4, 6):
        x = keras.layers.Conv2D(
            filters,
            3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.GlorotUniform(seed=filters),
        )(x)
    path = tmp_path_factory.mktemp("backbones") / "tiny.keras"
    keras.Model(inputs, x).save(path)
    return path


@pytest.fixture(scope="session")
def lab_settings_used(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> LabSettings:
    return LabSettings(
        data=str(drawn_images(tmp_path_factory)),
        digits="digits",
        quick=True,
        backbone=str(tiny_backbone),
        backbone_preprocessing="tf",
    )


@pytest.fixture
def small_lab(
    lab_settings_used: LabSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> LabContext:
    """The context of a small lab, for a step that is to be measured."""
    monkeypatch.setattr(lab_settings, "QUICK", TINY_BUDGET)
    # How good the judge of section 3.4 is does not matter here.
    monkeypatch.setattr(generated, "_LEAST_STEPS", 20)
    return LabContext(settings=lab_settings_used, folder=tmp_path)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a lab of which every section ran: with recorded findings, so nothing ran."""
    folder = tmp_path_factory.mktemp("lab") / "lab"
    run_lab(LabSettings(quick=True), folder, sections=())
    generator = np.random.default_rng(0)
    for section in SECTIONS:
        findings = next(iter(examples_of(section).values()))
        write_result(folder, SectionResult(section=section.key, findings=findings, seconds=1.5))
        template = files("peu.lab") / "templates" / "fr" / f"{section.key}.md.j2"
        for name in _KEPT.findall(template.read_text(encoding="utf-8")):
            path = folder / "parts" / section.key / f"{name}.png"
            path.parent.mkdir(exist_ok=True)
            pixels = generator.integers(0, 256, (40, 60, 3), np.uint8)
            Image.fromarray(pixels).save(path)
    return folder


@pytest.fixture(scope="session")
def pages(lab: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """The JSON and the page of that lab by language; figures are drawn in French alone.

    Their files are not, which are the same drawings.
    """
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for language in LANGUAGES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reports_figure, "to_png", lambda _: b"")
            if language != "fr":
                patch.setattr(rendering, "CHARTS", undrawn_charts())
                patch.setattr(reports_html, "page_svg", lambda *_: "<svg/>")
            page = write_lab(lab, language=language)
        numbers = json.loads((lab / "report.json").read_text(encoding="utf-8"))
        found[language] = (numbers, page.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def example_lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a lab whose sections found the first of their stored examples."""
    folder = tmp_path_factory.mktemp("example") / "lab"
    write_json(folder / "lab.json", settings_to_dict(LabSettings()))
    for section in SECTIONS:
        findings = next(iter(examples_of(section).values()))
        result = SectionResult[Any](section=section.key, findings=findings, seconds=1.0)
        write_result(folder, result)
    return folder
