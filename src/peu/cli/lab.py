"""`peu lab`: the lab sheet executed, every question answered from what was computed."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import read_kl_weight
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.lab_marks import mark_answers
from peu.wording import printable


@handle_errors
def lab_command(
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="Images of part 1. Default: caltech4, or samples if unavailable.",
            show_default=False,
        ),
    ] = None,
    digits: Annotated[
        str | None,
        typer.Option(
            "--digits",
            help="Images of parts 2 and 3. Default: mnist, or digits if unavailable.",
            show_default=False,
        ),
    ] = None,
    sections: Annotated[
        str | None,
        typer.Option(
            "--sections",
            help="Sections to run, e.g. 1.2,2.3; 1 is all of part 1. Default: all.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="Language of the page: fr or en. Default: by the locale."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small experiments: minutes instead of half an hour.")
    ] = False,
    as_written: Annotated[
        bool,
        typer.Option(
            "--as-written",
            help="As the sheet writes, mistakes included: its split, 224 px, all digits. Hours.",
        ),
    ] = False,
    student: Annotated[
        list[Path] | None,
        typer.Option(
            "--student",
            help="A network of your own, a Keras model file, beside the sheet's; may be repeated.",
        ),
    ] = None,
    pdf: Annotated[
        bool,
        typer.Option(
            "--pdf", help="Print the page as report.pdf too, by Chromium, Chrome or Edge."
        ),
    ] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the lab.")] = Path(
        "lab"
    ),
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    backbone: Annotated[
        str,
        typer.Option(
            "--backbone",
            help="Pretrained network of 1.5 to 1.7, by name or a Keras model file. Without VGG16's "
            "weights a smaller network is used.",
        ),
    ] = "vgg16",
    backbone_weights: options.BackboneWeights = None,
    backbone_preprocessing: options.BackbonePreprocessing = None,
    image: Annotated[
        Path | None, typer.Option("--image", help="A new image to recognise in 1.7.")
    ] = None,
    learning_rate: Annotated[
        float,
        typer.Option(
            "--learning-rate",
            "--lr",
            help="Learning rate of the sheet's network; 1 shows it diverge.",
        ),
    ] = 1e-3,
    kl_weight: Annotated[
        str,
        typer.Option("--kl-weight", help="KL weight of the VAE in 3.4; 1 shows it collapse."),
    ] = "auto",
    exercise: Annotated[
        bool,
        typer.Option(
            "--exercise",
            help="Also write exercise.html: answers stay hidden until one's own is checked.",
        ),
    ] = False,
    answers: Annotated[
        list[Path] | None,
        typer.Option(
            "--answers",
            help="Mark a class: a student.json saved by the exercise, and more of them behind it. "
            "Runs nothing; writes marks.csv into the lab's folder.",
        ),
    ] = None,
    more: Annotated[
        list[Path] | None,
        typer.Argument(help="More files for --answers.", metavar="[STUDENT.JSON]..."),
    ] = None,
    as_json: options.AsJson = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            help="Networks trained side by side, one thread each. Default: as many as cores and "
            "memory allow; a quick lab trains in turn.",
            min=1,
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Work through the lab sheet, and write a page that answers each of its questions.

    Run the same command again to resume an interrupted lab, or with another --language to have
    the page in that language.
    """
    if answers or more:
        mark_answers(output, answers or (), more or (), as_json=as_json)
        return
    from peu.lab.exercise_page import write_exercise
    from peu.lab.language import Language, usual_language
    from peu.lab.page import write_lab
    from peu.lab.rendering import outline
    from peu.lab.run import run_lab
    from peu.lab.sections import choose_sections
    from peu.lab.settings import LabSettings
    from peu.reports.pdf import find_browser, print_page

    # Before anything is computed.
    browser = find_browser() if pdf else None
    chosen = Language(language or usual_language())  # type: ignore[arg-type]
    wanted = choose_sections(sections)
    settings = LabSettings(
        data=data,
        digits=digits,
        quick=quick,
        as_written=as_written,
        students=tuple(student or ()),
        backbone=backbone,
        backbone_weights=backbone_weights or "imagenet",
        backbone_preprocessing=backbone_preprocessing or "auto",  # type: ignore[arg-type]
        image=image,
        learning_rate=learning_rate,
        kl_weight=read_kl_weight(kl_weight),
        seed=seed or 0,
    )
    with showing_progress(quiet=quiet):
        found = run_lab(
            settings,
            output,
            sections=wanted,
            overwrite=overwrite,
            workers=workers,
            on_section=lambda section, result: remark(
                f"{section.key} {outline(chosen, section.key)[0]}: "
                + (result.failed or chosen.seconds(result.seconds)),
                quiet=quiet,
            ),
        )
        page = write_lab(output, language=chosen.code)
        printed = page.with_suffix(".pdf") if browser else None
        if printed:
            print_page(page, printed, browser=browser)
        exercise_page = write_exercise(output, language=chosen.code) if exercise else None
    failed = [one.section for one in found if one.failed]
    if as_json:
        write_result(
            {
                "format": 1,
                "page": str(page),
                "pdf": None if printed is None else str(printed),
                "exercise": None if exercise_page is None else str(exercise_page),
                "language": chosen.code,
                "sections": [
                    {"section": one.section, "seconds": one.seconds, "failed": one.failed}
                    for one in found
                ],
            }
        )
        return
    done = len(found) - len(failed)
    # French counts what ran, English what there is of it: "1 section sur 3", "1 of 3 sections".
    counted = done if chosen.code == "fr" else len(found)
    words = chosen.words["section_run" if counted < 2 else "sections_run"]
    results().print(
        words.format(done=done, all=len(found), page=printable(str(printed or page))),
        soft_wrap=True,
    )
    if exercise_page:
        results().print(printable(str(exercise_page)), soft_wrap=True, markup=False)
