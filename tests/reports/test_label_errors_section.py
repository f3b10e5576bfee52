from peu.comparison.comparison import Comparison
from peu.comparison.label_errors import LabelErrors
from peu.evaluation.label_errors import SuspectedLabel
from peu.images.dataset import ImageDataset
from peu.reports.blocks import Gallery, Report
from peu.reports.html import render_html
from peu.reports.label_errors_section import label_errors_section


def _errors(dataset: ImageDataset, note: str = "") -> LabelErrors:
    suspects = () if note else (SuspectedLabel(0, 0, 1, 0.05, 0.9),)
    nearest = () if note else ((6, 7),)
    return LabelErrors(dataset, suspects, nearest, len(dataset), "a model", note)


def test_a_suspect_is_shown_beside_what_is_like_it(dataset: ImageDataset) -> None:
    section = label_errors_section(_errors(dataset))
    assert section is not None
    (gallery,) = [block for block in section.blocks if isinstance(block, Gallery)]
    (image,) = gallery.images
    assert image.image is not None
    assert image.second is not None
    assert dict(image.lines)["given"].startswith(dataset.class_names[0])
    page = render_html(Report("t", (section,)))
    assert "<script>alert" not in page


def test_a_note_takes_the_place_of_a_list(dataset: ImageDataset) -> None:
    section = label_errors_section(_errors(dataset, "Nothing was learnt."))
    assert section is not None
    assert len(section.blocks) == 1


def test_nothing_suspected_is_no_section(dataset: ImageDataset, comparison: Comparison) -> None:
    assert label_errors_section(LabelErrors(dataset, (), (), 18, "a model")) is None
    assert label_errors_section(None) is None
    assert comparison.label_errors is not None
