"""`transfer` on an ONNX file: the saved model is complete in itself."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnx_files import convolution, written
from peu.classifiers.finetune import FineTune
from peu.classifiers.transfer import Transfer
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.models.saved import load
from small_set import fit_half, halves


def test_the_saved_model_needs_neither_the_file_nor_keras(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    file = written(convolution(), tmp_path)
    _, test = halves(dataset)
    fitted = fit_half(Transfer(backbone=str(file), backbone_preprocessing="tf"), dataset)
    expected = fitted.predict_proba(test)
    fitted.save(tmp_path / "model")
    file.unlink()
    predictor = load(tmp_path / "model")
    images = [test.read(at) for at in range(len(test))]
    np.testing.assert_allclose(predictor.predict_proba(images), expected, atol=1e-5)
    assert predictor.explain(images[0]).method == "class activation map"
    code = (
        f"import sys, peu; peu.load({str(tmp_path / 'model')!r});"
        "assert not {'keras', 'tensorflow', 'sklearn', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"backbone": "a.onnx"}, "backbone_preprocessing"),
        ({"backbone": "a.onnx", "backbone_preprocessing": "tf", "pooling": "flatten"}, "pooling"),
        (
            {"backbone": "a.onnx", "backbone_preprocessing": "tf", "backbone_weights": "w.h5"},
            "backbone_weights",
        ),
        ({"backbone": "efficientnet-lite0", "backbone_preprocessing": "tf"}, "'auto'"),
        ({"backbone": "efficientnet-lite0", "backbone_weights": "w.h5"}, "backbone_weights"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        Transfer(**settings)


def test_an_onnx_file_cannot_be_fine_tuned() -> None:
    with pytest.raises(RecipeError, match="Keras can train"):
        FineTune(backbone="a.onnx", backbone_preprocessing="tf")
