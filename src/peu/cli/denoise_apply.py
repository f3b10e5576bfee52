"""`peu denoise apply`: denoised copies of images."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import (
    FirstOnly,
    OfPart,
    SavedDenoiser,
    Sources,
    open_sources,
)
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.wording import printable

Once = Annotated[
    bool,
    typer.Option(
        "--once",
        help="Run the network once. Otherwise it runs on four shifted copies, and again on "
        "images noisier than those in training, where that proved better after training: "
        "up to 12 times as long.",
    ),
]


@handle_errors
def apply_command(
    model: SavedDenoiser,
    images: Sources,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the denoised copies.")],
    part: OfPart = None,
    first: FirstOnly = None,
    once: Once = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a denoised copy of every image, of its own size, under its own name and subfolder.

    `peu denoise apply model/ mnist --part test --first 5 -o clean/` takes the first five test
    images of a known dataset.
    """
    with showing_progress(quiet=quiet):
        datasets, remarks = open_sources(images, part=part, first=first)

        from peu.autoencoders.cleaned_files import choose_targets, write_cleaned
        from peu.autoencoders.denoiser import Denoiser

        targets = choose_targets(datasets, output, overwrite=overwrite)
        denoiser = Denoiser.load(model)
        written = [
            file
            for dataset, chosen in zip(datasets, targets, strict=True)
            for file in write_cleaned(denoiser, dataset, chosen, once=once)
        ]
    remarks += [
        f"Set aside: {file.source}: {file.reason}" for file in written if file.target is None
    ]
    for sentence in remarks:
        remark(sentence, quiet=quiet)
    cleaned = [file for file in written if file.target is not None]
    if as_json:
        set_aside = [
            (str(one.path), one.reason) for dataset in datasets for one in dataset.set_aside
        ]
        set_aside += [(str(file.source), file.reason) for file in written if file.target is None]
        write_result(
            {
                "format": 1,
                "output": str(output),
                "images": [
                    {"path": str(file.source), "output": str(file.target)} for file in cleaned
                ],
                "set_aside": [{"path": path, "reason": reason} for path, reason in set_aside],
            }
        )
        return
    noun = "image" if len(cleaned) == 1 else "images"
    results().print(
        f"{len(cleaned)} {noun} denoised. Written to {printable(str(output))}.", soft_wrap=True
    )
