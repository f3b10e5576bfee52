"""What `peu predict --cluster` does: images in, Parquet files out."""

from collections.abc import Sequence
from pathlib import Path

from peu.cli.console import remark, say, showing_progress
from peu.cli.handle_errors import handle_errors
from peu.errors import DataError, RecipeError


@handle_errors
def predict_to_parquet(
    model: Path,
    sources: Sequence[str],
    *,
    cluster: str | None,
    parquet: Path | None,
    coverage: float | None,
    accept_all: bool,
    others: Sequence[str],
    quiet: bool,
) -> None:
    """Predict images on a cluster.

    Args:
        model: folder of a saved model.
        sources: as `predict_on_cluster` takes them.
        cluster: its address.
        parquet: folder of the files.
        coverage: as `Predictor.asked` takes it.
        accept_all: as `Predictor.asked` takes it.
        others: options that only a prediction on this machine takes.
        quiet: show no progress and no remarks.

    Raises:
        SystemExit: something went wrong; the exit code says what.
    """
    if cluster is None or parquet is None:
        raise RecipeError(
            "`--cluster` and `--parquet` go together: where to predict, and where rows go. "
            f"Received: {'--parquet' if cluster is None else '--cluster'} alone. Add the other, or "
            "write a table by --csv."
        )
    if others:
        raise RecipeError(
            f"`--cluster` writes Parquet files alone. Received: {', '.join(others)} too. Leave "
            "that out."
        )
    if not sources:
        raise RecipeError("Expected images to recognise; received none. Name folders or patterns.")

    from peu.cluster.prediction import predict_on_cluster

    with showing_progress(quiet=quiet):
        found = predict_on_cluster(
            model, sources, parquet, address=cluster, coverage=coverage, accept_all=accept_all
        )
    if found.before:
        remark(f"Going on with {parquet}: {found.before:,} images were there.", quiet=quiet)
    say(f"{found.rows:,} images predicted: {parquet}")
    if found.unusable:
        others = (
            "the others are predicted"
            if found.unusable < found.rows + found.before
            else "none was predicted"
        )
        raise DataError(
            f"Expected images that can be read. Received {found.unusable:,} that cannot, the first "
            f"of them {found.first}. Each row says why; {others}."
        )
