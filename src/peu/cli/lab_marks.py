"""`peu lab --answers`: the answers of a class, marked by the rules of the exercise's page."""

from collections.abc import Sequence
from pathlib import Path

from peu.cli.console import results, write_result
from peu.errors import RecipeError
from peu.wording import printable, quoted


def mark_answers(
    folder: Path, answers: Sequence[Path], more: Sequence[Path], *, as_json: bool
) -> None:
    """Mark students' files, write `marks.csv` into the lab's folder and show the totals.

    Args:
        folder: of the lab.
        answers: files given with `--answers`.
        more: files given behind them.
        as_json: write the marks as JSON instead.

    Raises:
        RecipeError: files without `--answers`.
        DataError: a file is not what the exercise's page saves.
        ResourceError: no lab is there, or its folder cannot be written.
    """
    from peu.files import write_text
    from peu.lab.exercise import questions_of
    from peu.lab.marking import FULL_MARK, mark_class, marks_csv

    if not answers:
        raise RecipeError(
            f"`peu lab` takes files with `--answers` only. Received: {quoted(more[0])}. "
            "Write `peu lab --answers student.json`."
        )
    marks = mark_class(questions_of(folder, "en"), [*answers, *more])
    path = folder / "marks.csv"
    write_text(path, marks_csv(marks))
    if as_json:
        students = [
            {"name": one.name, "questions": dict(one.questions), "total": one.total}
            for one in marks
        ]
        write_result({"format": 1, "file": str(path), "of": FULL_MARK, "students": students})
        return
    for one in marks:
        results().print(f"{one.name}: {one.total:.1f}/{FULL_MARK}", soft_wrap=True, markup=False)
    results().print(printable(str(path)), soft_wrap=True, markup=False)
