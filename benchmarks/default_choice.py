"""Whether the recipe that peu chooses by itself holds on tasks that nobody looked at before.

Draws tasks of four classes with 40 to 60 images each from `caltech-rest`, by a seed, compares
recipes on each, and sets the default choice, with weights at hand and without, beside the best.

PEU_DATA=folder python benchmarks/default_choice.py [--tasks 2] [--seed 2026] [--folds 5]
    [--repeats 1] [--recipes hog,fisher,transfer,resnet,ensemble]
    [--output runs/default-choice]
"""

import argparse
import os
import shutil
from pathlib import Path

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.classifiers.registry import recipe_from_dict
from peu.classifiers.transfer import Transfer
from peu.comparison.choice import choose_recipe
from peu.comparison.compare import compare
from peu.images.loading import load_images

CLASSES = 4
FEWEST, MOST = 40, 60


def draw_tasks(source: Path, tasks: int, seed: int) -> list[list[str]]:
    """Draw classes of about fifty images, no class twice."""
    counts = {
        folder.name: sum(1 for _ in folder.glob("*.jpg")) for folder in sorted(source.iterdir())
    }
    fitting = [name for name, count in counts.items() if FEWEST <= count <= MOST]
    drawn = np.random.default_rng(seed).permutation(fitting)[: tasks * CLASSES]
    return [sorted(drawn[at : at + CLASSES].tolist()) for at in range(0, len(drawn), CLASSES)]


def main() -> None:
    """Compare on each task, and say where the default choice stands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--recipes", default="hog,fisher,transfer,resnet,ensemble")
    parser.add_argument("--output", type=Path, default=Path("runs/default-choice"))
    options = parser.parse_args()
    data = Path(os.environ["PEU_DATA"])
    backbone = {
        "backbone": str(data / "weights" / "mobilenet_1_0_224_pw12.keras"),
        "backbone_preprocessing": "tf",
    }
    at_hand = Transfer(backbone=backbone["backbone"], backbone_preprocessing="tf")
    absent = Transfer(backbone_weights="imagenet")
    for number, names in enumerate(draw_tasks(data / "caltech-rest", options.tasks, options.seed)):
        folder = options.output / f"task-{number}"
        for name in names:
            target = folder / "photos" / name
            if not target.exists():
                shutil.copytree(data / "caltech-rest" / name, target)
        photos = load_images(folder / "photos")
        recipes: list[ImageClassifier] = [
            recipe_from_dict(
                {"kind": kind, **(backbone if kind in ("transfer", "finetune") else {})}
            )
            for kind in options.recipes.split(",")
        ]
        comparison = compare(
            photos,
            recipes,
            folds=options.folds,
            repeats=options.repeats,
            run_folder=folder / "run",
            on_trial=lambda trial, done, total: print(
                f"{done}/{total} {trial.recipe.name} {trial.evaluation.accuracy:.3f} "
                f"{trial.seconds:.0f} s",
                flush=True,
            ),
        )
        print(f"task {number}: {', '.join(names)}; {len(photos)} images")
        for summary in comparison.summaries:
            accuracies = [t.evaluation.accuracy for t in comparison.trials_of(summary.name)]
            error = np.std(accuracies, ddof=1) / np.sqrt(len(accuracies))
            print(
                f"  {summary.name:12s} {summary.accuracy.mean:.3f} (standard error {error:.3f}), "
                f"log loss {summary.log_loss.mean:.3f}, {summary.seconds_per_trial:.0f} s per trial"
            )
        for label, considered in (("weights at hand", at_hand), ("none", absent)):
            choice = choose_recipe(photos, runs=None, transfer=considered)
            print(f"  default, {label}: {choice.recipe.name}: {choice.reason}.")


if __name__ == "__main__":
    main()
