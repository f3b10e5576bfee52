"""One image through every way of asking a model: the greatest difference of probabilities.

    python benchmarks/same_answer.py model/ test.jpg [more.jpg ...]

Python, the command line, the service, an exported ONNX file and, where TensorFlow is installed, a
LiteRT file. It ends with 1 where labels differ, or probabilities by more than 0.0001.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

import peu
from served import Client, Served, form

_MOST = 1e-4

Answers = Mapping[str, NDArray[np.float64]]


def main() -> None:
    """Print a line for each way."""
    model, *images = sys.argv[1:]
    predictor = peu.load(model)
    expected = {
        image: np.array(list(predictor.predict(image)[0].probabilities.values()))
        for image in images
    }
    failed = False
    with tempfile.TemporaryDirectory() as name:
        ways = {
            "command line": _command_line(model, images),
            "service": _service(model, images),
            "ONNX file": _onnx(model, images, Path(name) / "model.onnx"),
            "LiteRT file": _litert(model, images, Path(name) / "model.tflite"),
        }
    for way, found in ways.items():
        if found is None:
            print(f"{way}: left out, it cannot be made here")
            continue
        difference = max(float(np.abs(found[each] - expected[each]).max()) for each in images)
        same = all(found[each].argmax() == expected[each].argmax() for each in images)
        print(f"{way}: {difference:.2g} at most, labels {'the same' if same else 'differ'}")
        failed |= difference > _MOST or not same
    raise SystemExit(failed)


def _command_line(model: str, images: list[str]) -> Answers:
    command = [sys.executable, "-m", "peu", "predict", model, *images, "--json", "--quiet"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["path"]: np.array(list(row["probabilities"].values())) for row in rows}


def _service(model: str, images: list[str]) -> Answers:
    server = Served(f"model={model}")
    client = Client(server.port)
    found = {}
    for image in images:
        _, content = client.post(*form(Path(image).read_bytes()))
        (row,) = json.loads(content)["predictions"]
        found[image] = np.array(list(row["probabilities"].values()))
    server.stop()
    return found


def _onnx(model: str, images: list[str], file: Path) -> Answers:
    peu.export_model(model, file)
    session = onnxruntime.InferenceSession(file)
    return {
        image: np.asarray(session.run(["probabilities"], {"pixels": pixels})[0][0], np.float64)
        for image, pixels in _prepared(model, images)
    }


def _litert(model: str, images: list[str], file: Path) -> Answers | None:
    try:
        from ai_edge_litert.interpreter import Interpreter

        peu.export_model(model, file)
    except (ImportError, peu.PeuError):
        return None
    interpreter = Interpreter(str(file))
    (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = {}
    for image, pixels in _prepared(model, images):
        interpreter.resize_tensor_input(given["index"], pixels.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], pixels)
        interpreter.invoke()
        found[image] = np.asarray(interpreter.get_tensor(wanted["index"])[0], np.float64)
    return found


def _prepared(model: str, images: list[str]) -> list[tuple[str, NDArray[np.uint8]]]:
    """Images brought to size as the file's metadata say, which is what the model does."""
    predictor = peu.load(model)
    return [(image, predictor.view(image)[None]) for image in images]


if __name__ == "__main__":
    main()
