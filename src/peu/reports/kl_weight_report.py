"""The study of the kl_weight as a report: three curves, three optima, and the theory."""

from collections.abc import Callable, Sequence
from pathlib import Path

from peu import __version__
from peu.comparison.kl_weights import KLWeightStudy, KLWeightTrial
from peu.reports.drawing import FIRST, MUTED, SECOND, canvas, finish, number, raster, styled
from peu.reports.report import (
    Block,
    Callout,
    Cell,
    Column,
    Figure,
    KeyValues,
    Listing,
    Paragraph,
    Report,
    Section,
    Table,
)
from peu.reports.report_folder import write_report_folder
from peu.reports.wording import count, duration, facts

_WIDTH = 7.4

Measure = Callable[[KLWeightTrial], float | None]
_PANELS: tuple[tuple[str, Measure], ...] = (
    ("bound, nats", lambda trial: trial.figures.elbo),
    (
        "distance of generated images",
        lambda trial: None if trial.samples is None else trial.samples.distance,
    ),
    ("10 nearest neighbours right", lambda trial: trial.figures.knn_accuracy),
)


def write_kl_weight_report(study: KLWeightStudy, folder: str | Path) -> Path:
    """Write `report.html`, `report.json` and the curves as PNG.

    Args:
        study: what to report.
        folder: made if missing; files of these names in it are replaced.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    curves = study_figure(study)
    said = [Listing((study.left_out,))] if study.left_out else []
    notes = [f"Coefficient {trial.asked}: {note}" for trial in study.trials for note in trial.notes]
    warned: list[Block] = [Listing(tuple(notes))] if notes else []
    report = Report(
        title=f"Which kl_weight for {study.dataset}?",
        subtitle=(
            f"{count(len(study.trials), 'training')} on {count(study.images, 'image')}, "
            f"{count(study.recipe.latent, 'dimension')}, "
            f"{count(study.recipe.training.epochs, 'epoch')} each"
        ),
        blocks=(
            _verdict(study),
            Section("Three measures", (curves, _table(study), *said)),
            Section("What theory says", (_theory(study), *warned)),
            Section(
                "To do it again",
                (
                    KeyValues(
                        facts(
                            {
                                "seed": study.seed,
                                "images' fingerprint (SHA-256)": study.fingerprint,
                                "epochs": study.recipe.training.epochs,
                                "batch size": study.recipe.training.batch_size,
                                "training, in all": duration(
                                    sum(trial.seconds for trial in study.trials)
                                ),
                            }
                        )
                    ),
                ),
            ),
        ),
        footer=f"Made by peu {__version__}. This page needs no network and no other file.",
    )
    return write_report_folder(Path(folder), report, study.to_dict(), {"curves": curves.png})


@styled()
def study_figure(study: KLWeightStudy) -> Figure:
    """Draw each measure over the kl_weight, with the predicted thresholds as lines."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    figure, panels = canvas(_WIDTH, 3.0, columns=3)
    fixed = sorted(
        (trial for trial in study.trials if trial.asked != "auto"),
        key=lambda trial: trial.kl_weight,
    )
    chosen = [trial for trial in study.trials if trial.asked == "auto"]
    endings: list[str] = []
    for axes, (title, measure) in zip(panels, _PANELS, strict=True):
        axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
        axes.set_xscale("log")
        # Mathematical text is switched off: powers of ten would show their markup.
        axes.xaxis.set_major_locator(LogLocator(numticks=4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("kl_weight")
        axes.grid(axis="y")
        for bound in study.spectrum.bounds:
            if bound > 0:
                axes.axvline(bound, color=MUTED, lw=1.2, ls=(0, (2, 2)))
        known = [(trial.kl_weight, measure(trial)) for trial in fixed]
        places = [(at, value) for at, value in known if value is not None]
        if places:
            axes.plot(*zip(*places, strict=True), color=FIRST, lw=2.2, marker="o", ms=5)
        for trial in chosen:
            value = measure(trial)
            if value is not None:
                axes.plot([trial.kl_weight], [value], "D", color=SECOND, ms=8)
        if not places:
            axes.text(0.5, 0.5, "not judged", transform=axes.transAxes, ha="center", color=MUTED)
        said = ", ".join(f"{number(value, 3)} at {at:.3g}" for at, value in places)
        endings.append(f"{title}: {said or 'not judged'}")
    return Figure(
        svg=finish(figure),
        alternative=f"Measures over the kl_weight. {'; '.join(endings)}.",
        caption=(
            "Blue: kl_weights that were set. Orange diamond: auto. Dotted: 2 lambda / D, from "
            "which a dimension must stay empty. Of bound and neighbours more is better, of "
            "distance less."
        ),
        data=_table(study),
        png=raster(figure),
    )


def _table(study: KLWeightStudy) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for trial in study.trials:
        figures, samples = trial.figures, trial.samples
        rows.append(
            (
                str(trial.asked),
                f"{trial.kl_weight:.3g}",
                number(figures.elbo, 1),
                number(figures.mse, 4),
                ", ".join(number(each, 2) for each in figures.kl),
                f"{figures.active_units} of {len(figures.kl)}",
                "" if figures.knn_accuracy is None else number(figures.knn_accuracy),
                "" if samples is None else number(samples.distance, 1),
                "" if samples is None else number(samples.confident, 2),
                "" if samples is None else f"{samples.classes_covered} of {samples.classes}",
            )
        )
    titles = (
        "Ended at",
        "Bound, nats",
        "Error",
        "Divergence, nats",
        "Active",
        "Neighbours",
        "Distance",
        "Sure",
        "Classes",
    )
    judged = [trial.samples for trial in study.trials if trial.samples is not None]
    by = ""
    if judged:
        by = (
            f"; generated images as a small classifier sees them that is right for "
            f"{100 * judged[0].judge_accuracy:.1f}% of held-out images"
        )
    return Table(
        caption=f"Each kl_weight on held-out images{by}",
        columns=(Column("KLWeight"), *(Column(title, numeric=True) for title in titles)),
        rows=tuple(rows),
    )


def _verdict(study: KLWeightStudy) -> Callout:
    best: Sequence[tuple[str, KLWeightTrial | None]] = (
        ("best bound", study.best_bound),
        ("best generated images", study.best_samples),
        ("best neighbours", study.best_neighbours),
    )
    known = [(name, trial) for name, trial in best if trial is not None]
    asked = {trial.asked for _, trial in known}
    text = (
        "One kl_weight is best by every measure."
        if len(asked) == 1
        else "There is no one best kl_weight: it depends on what the model is for."
    )
    if len(known) == 1:
        text = "Judged by the bound alone."
    return Callout(
        "Verdict",
        text + " One training each: small differences may be chance.",
        tone="verdict",
        facts=tuple((name, str(trial.asked)) for name, trial in known),
    )


def _theory(study: KLWeightStudy) -> Paragraph:
    bounds = ", ".join(f"{each:.3g}" for each in study.spectrum.bounds)
    return Paragraph(
        "With a squared error that is a mean over D pixels, a kl_weight c stands for pixels with "
        "noise of variance c D / 2. Along a principal component that varies less than that, a "
        "linear auto-encoder tells nothing: c must stay below 2 lambda / D, here "
        f"{bounds}. The likelihood is best at 2 MSE / D, which auto moves towards."
    )
