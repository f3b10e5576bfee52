"""`peu denoise apply`: cleaned copies of images."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.errors import DataError
from peu.wording import printable

Denoiser = Annotated[Path, typer.Argument(help="Folder of a model that `peu denoise train` wrote.")]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="Run the network once. Otherwise it runs on four shifted copies, and again on "
        "images noisier than those it learnt from, where that proved better after training: "
        "up to 12 times as long.",
    ),
]


@ending_well
def apply_command(
    model: Denoiser,
    images: Annotated[list[str], typer.Argument(help="Images, or folders of images.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the cleaned copies.")],
    plain: Plain = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a cleaned copy of every image, of its own size, under its own name and subfolder."""
    from peu.images.dataset import load_dataset

    with showing_progress(quiet=quiet):
        datasets = []
        unusable: list[DataError] = []
        for source in images:
            try:
                datasets.append(load_dataset(source, labels_required=False))
            except DataError as error:
                unusable.append(error)
        if not datasets:
            raise unusable[0]

        from peu.autoencoders.cleaned_files import targets_of, write_cleaned
        from peu.autoencoders.denoise import load_denoiser

        targets = targets_of(datasets, output, overwrite=overwrite)
        denoiser = load_denoiser(model)
        written = [
            one
            for dataset, chosen in zip(datasets, targets, strict=True)
            for one in write_cleaned(denoiser, dataset, chosen, plain=plain)
        ]
    set_aside = [(str(one.path), one.reason) for dataset in datasets for one in dataset.set_aside]
    set_aside += [(str(one.source), one.reason) for one in written if one.target is None]
    for path, reason in set_aside:
        remark(f"Set aside: {path}: {reason}", quiet=quiet)
    for trouble in unusable:
        remark(f"Set aside: {trouble}", quiet=quiet)
    cleaned = [one for one in written if one.target is not None]
    if as_json:
        write_result(
            {
                "format": 1,
                "output": str(output),
                "images": [{"path": str(one.source), "output": str(one.target)} for one in cleaned],
                "set_aside": [{"path": path, "reason": reason} for path, reason in set_aside],
            }
        )
        return
    noun = "image" if len(cleaned) == 1 else "images"
    results().print(
        f"{len(cleaned)} {noun} cleaned. Written to {printable(str(output))}.", soft_wrap=True
    )
