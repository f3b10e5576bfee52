"""Every sentence of the engine that can reach the page has a French text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import peu
from broken_images import bad_checksum, eps, half_a_jpeg, huge_header
from peu.app.engine_sentences import translated
from peu.app.workspace import Workspace
from peu.errors import PeuError
from peu.images.colours import UnreadableImage
from peu.images.decoding import decode_image
from peu.translations.sentences import known, patterns

SOURCE = Path(str(peu.__file__)).parent
SAID = {
    "DataError", "RecipeError", "BundleError", "ResourceError", "DiskError", "UnreadableImage",
    "_UnsafeError", "SetAside", "leave",
}  # fmt: skip
REASONS = ("SetAside", "leave")
"""They take what they are about first, and the sentence second."""

# What the page, and the commands that it runs with its own arguments, can come to.
REACHED = (
    *("app/*.py", "files.py", "output_folder.py"),
    *(
        f"images/{name}.py"
        for name in (
            "archives", "colours", "content", "dataset", "decoding", "finding", "heic", "jpeg",
            "large_images", "layouts", "loading", "metadata", "nested_subsets", "splits",
        )
    ),
    *(
        f"models/{name}.py"
        for name in (
            "arrays", "bundle", "class_activation", "ensemble", "feature_graph", "graph_file",
            "novelty", "onnx_session", "prediction_sets", "predictor", "saved",
        )
    ),
    *(
        f"comparison/{name}.py"
        for name in (
            "compare", "ensemble_plan", "kl_weights", "label_errors", "processes", "set_size",
            "trial",
        )
    ),
    *(f"classifiers/{name}.py" for name in ("fisher", "hog", "training_set")),
    *(f"backbones/{name}.py" for name in ("efficientnet_lite", "torch_weights")),
    *(f"autoencoders/{name}.py" for name in ("autoencoder", "denoiser_training", "images")),
    *(
        f"networks/{name}.py"
        for name in ("backend", "callbacks", "litert", "network_model", "onnx_export", "saved")
    ),
    *(f"exports/{name}.py" for name in ("export", "litert_file", "onnx_file")),
)  # fmt: skip


def template(node: ast.expr) -> str:
    """A sentence as the source has it, with `{}` for each gap; "" for what is computed."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        return "".join(map(str, parts))
    return ""


def sentences(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = 1 if name in REASONS else 0
            if name in SAID and len(node.args) > place and template(node.args[place]) != "{}":
                yield template(node.args[place])


def test_every_sentence_that_can_reach_the_page_is_translated() -> None:
    said = {one for each in REACHED for file in SOURCE.glob(each) for one in sentences(file) if one}
    assert len(said) > 120
    english = {
        one for one in said if translated(one.replace("{}", "§"), "fr") == one.replace("{}", "§")
    }
    # Its second gap is a list of problems, each of which is translated as a whole.
    assert english <= {"its entry {} {}"}
    for one in said - english:
        assert translated(one.replace("{}", "§"), "fr").count("§") == one.count("{}"), one


def test_every_translation_has_the_gaps_of_its_sentence() -> None:
    catalogue = known("engine")
    for english, french in catalogue.items():
        assert english.count("{}") == french.count("{}"), english
    assert len(patterns(("engine",))) == len(catalogue)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"no image", bad_checksum(), half_a_jpeg(), huge_header(), eps()]
)
def test_what_is_wrong_with_an_image_is_said_in_french(content: bytes) -> None:
    with pytest.raises(UnreadableImage) as refused:
        decode_image(content)
    english = str(refused.value)
    french = translated(english, "fr")
    assert translated(english, "en") == english
    assert french != english
    assert not {"the", "is", "it", "read", "file"} & set(french.replace("(", " ").split()), french


def test_gaps_keep_what_they_hold_and_are_translated_where_they_are_sentences(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path / "work")
    workspace.new_class("{} is a file")
    with pytest.raises(PeuError) as refused:
        workspace.new_class("{} is a file")
    assert "`{} is a file`" in translated(str(refused.value), "fr")
    nested = translated("`model` could not be written: No space left on device. Free some disk "
                        "space and run the same command again.", "fr")  # fmt: skip
    assert "plus de place" in nested
    assert "Faites de la place" in nested
    listed = translated("None of the 2 images of `a` can be used (set aside: `b`: the file is "
                        "empty, `c`: the file is empty).", "fr")  # fmt: skip
    assert listed.count("le fichier est vide") == 2


def test_what_is_not_known_stays_as_it_is() -> None:
    for sentence in ("", "Something else happened, it seems.", "a, b"):
        assert translated(sentence, "fr") == sentence
