"""A comparison of kl_weights as a report: three measures, three optima, and the theory."""

from collections.abc import Callable
from pathlib import Path

from peu.comparison.kl_weights import KLWeightStudy, KLWeightTrial
from peu.reports.blocks import Callout, Figure, KeyValues, Listing, Paragraph, Report, Section
from peu.reports.figure import SECOND, figure
from peu.reports.plots import Line, curves
from peu.reports.report_folder import write_report_folder
from peu.reports.table import Column, Table
from peu.reports.wording import as_pairs, count, duration, footer, number
from peu.version import __version__

_DIAMOND = {"color": SECOND, "ls": "none", "marker": "D", "ms": 8}
Measure = Callable[[KLWeightTrial], float | None]
_PANELS: tuple[tuple[str, Measure], ...] = (
    ("bound, nats", lambda trial: trial.figures.elbo),
    (
        "distance of generated images",
        lambda trial: None if trial.samples is None else trial.samples.distance,
    ),
    ("nearest neighbours right", lambda trial: trial.figures.knn_accuracy),
)


def by_chance(study: KLWeightStudy) -> str:
    """How far two trainings of a study differ by chance, in words."""
    repeated = study.repeated
    if repeated is None:
        return "One training each: small differences may be chance."
    before = next(trial for trial in study.trials if trial.requested == repeated.requested)
    return (
        f"KL weight {before.requested} once more, from another seed: "
        f"{repeated.figures.elbo:.1f} nats instead of {before.figures.elbo:.1f}. "
        "Differences of this size may be chance."
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
    plot = study_figure(study)
    skipped = (study.omitted,) if study.omitted else ()
    notes = [
        f"KL weight {trial.requested}: {note}" for trial in study.trials for note in trial.notes
    ]
    training = study.trials[0].training
    provenance = {
        "seed": study.vae.seed,
        "images' fingerprint (SHA-256)": study.fingerprint,
        "epochs": training.epochs,
        "batch size": training.batch_size,
        "training, in all": duration(
            sum(trial.seconds for trial in (*study.trials, study.repeated) if trial is not None)
        ),
    }
    report = Report(
        title=f"Which kl_weight for {study.dataset}?",
        subtitle=(
            f"{count(len(study.trials), 'training')} on "
            f"{count(study.trials[0].n_images, 'image')}, "
            f"{count(study.vae.latent_dim, 'dimension')}, {count(training.epochs, 'epoch')} each"
        ),
        blocks=(
            _verdict(study),
            Section("Three measures", (plot, _table(study), Listing(skipped))),
            Section("What theory says", (_theory(study), Listing(tuple(notes)))),
            Section("Reproduce this run", (KeyValues(as_pairs(provenance)),)),
        ),
        footer=footer(__version__),
    )
    return write_report_folder(Path(folder), report, study.to_dict(), {"curves": plot})


def study_figure(study: KLWeightStudy) -> Figure:
    """Plot each measure over the kl_weight, with the predicted thresholds as lines."""
    fixed = sorted(
        (trial for trial in study.trials if trial.requested != "auto"),
        key=lambda trial: trial.kl_weight,
    )
    automatic = [trial for trial in study.trials if trial.requested == "auto"]
    panels, spoken = [], []
    for title, measure in _PANELS:
        points, diamonds = (
            [(trial.kl_weight, value) for trial in trials if (value := measure(trial)) is not None]
            for trials in (fixed, automatic)
        )
        lines = [
            Line([at for at, _ in shown], [value for _, value in shown], style)
            for shown, style in ((points, {}), (diamonds, _DIAMOND))
        ]
        panels.append(
            curves(
                lines,
                title=title,
                x_label="kl_weight",
                logarithmic=True,
                empty="not measured",
                verticals=[bound for bound in study.spectrum.bounds if bound > 0],
            )
        )
        measured = ", ".join(f"{number(value)} at {at:.3g}" for at, value in points)
        spoken.append(f"{title}: {measured or 'not measured'}")
    return figure(
        _table(study),
        panels,
        alternative=f"Measures over the kl_weight. {'; '.join(spoken)}.",
        caption=(
            "Blue: fixed kl_weights. Orange diamond: auto. Dotted: 2 lambda / D, above "
            "which a dimension must stay empty. Right: of the 10 nearest, those of the image's "
            "class. Bound and neighbours: higher is better; distance: lower."
        ),
    )


def _table(study: KLWeightStudy) -> Table:
    judged = [trial.samples for trial in study.trials if trial.samples is not None]
    by = (
        "; generated and reconstructed images by a small classifier that is right for "
        f"{100 * judged[0].judge_accuracy:.1f}% of held-out images"
        if judged
        else ""
    )
    return Table(
        caption=f"Each kl_weight on held-out images{by}",
        columns=(
            Column("kl_weight"),
            Column("Final value", ".3g"),
            Column("Bound, nats", ".1f"),
            Column("Error", ".4f"),
            Column("Divergence, nats", numeric=True),
            Column("Active", numeric=True),
            Column("Neighbours", ".3f"),
            Column("Distance", ".1f"),
            Column("Certain", ".2f"),
            Column("Classes", numeric=True),
            Column("Recognised", ".2f"),
        ),
        rows=tuple(
            (
                str(trial.requested),
                trial.kl_weight,
                trial.figures.elbo,
                trial.figures.mse,
                ", ".join(number(each, 2) for each in trial.figures.kl),
                f"{trial.figures.active_units} of {len(trial.figures.kl)}",
                trial.figures.knn_accuracy,
                *(
                    (None, None, None)
                    if trial.samples is None
                    else (
                        trial.samples.distance,
                        trial.samples.confident,
                        f"{trial.samples.classes_covered} of {trial.samples.classes}",
                    )
                ),
                None if trial.recognition is None else trial.recognition.recognised,
            )
            for trial in study.trials
        ),
    )


def _verdict(study: KLWeightStudy) -> Callout:
    best = (
        ("best bound", study.best_bound),
        ("best generated images", study.best_samples),
        ("best neighbours", study.best_neighbours),
    )
    known = [(name, trial) for name, trial in best if trial is not None]
    asked = {trial.requested for _, trial in known}
    text = (
        "One kl_weight is best by every measure."
        if len(asked) == 1
        else "There is no one best kl_weight: it depends on what the model is for."
    )
    if len(known) == 1:
        text = "Only the bound was measured."
    return Callout(
        "Verdict",
        f"{text} {by_chance(study)}",
        tone="verdict",
        facts=tuple((name, str(trial.requested)) for name, trial in known),
    )


def _theory(study: KLWeightStudy) -> Paragraph:
    bounds = ", ".join(f"{each:.3g}" for each in study.spectrum.bounds)
    return Paragraph(
        "With a squared error that is a mean over D pixels, a kl_weight c stands for pixels with "
        "noise of variance c D / 2. Along a principal component that varies less than that, a "
        "linear auto-encoder encodes nothing: c must stay below 2 lambda / D, here "
        f"{bounds}. The likelihood is best at 2 MSE / D, which auto moves towards."
    )
