"""What a comparison found out about the images, for the page: mistakes, labels, probabilities."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Response

from peu.app.jobs import JobRunner
from peu.app.leaderboard import Leaderboard
from peu.app.listing import WorkspaceImage
from peu.app.workspace import Workspace
from peu.errors import DataError

_VIEW_SIDE = 640


@dataclass(frozen=True)
class Mistake:
    """An image that the best recipe took for something else.

    Attributes:
        image: as the workspace has it now.
        label: the class that it lay in.
        predicted: the class it was taken for.
        probability: of that class.
        heat_map: whether there is a heat map.
        number: its place in the report.
    """

    image: WorkspaceImage
    label: str
    predicted: str
    probability: float
    heat_map: bool
    number: int


@dataclass(frozen=True)
class Suspect:
    """An image whose label is probably wrong.

    Attributes:
        image: as the workspace has it now.
        given: the class that it lies in.
        suggested: the class that it seems to belong to.
        probability: of the class that is suggested.
        alike: the images most like it, with their classes.
    """

    image: WorkspaceImage
    given: str
    suggested: str
    probability: float
    alike: tuple[WorkspaceImage, ...]


class Findings:
    """Reads the report of the workspace's comparison.

    Args:
        workspace: whose images they are.
        jobs: that made the comparison.
    """

    def __init__(self, workspace: Workspace, jobs: JobRunner) -> None:
        self._workspace = workspace
        self._board = Leaderboard(workspace, jobs)

    def version(self) -> object:
        """Another value when there is another report."""
        job = self._board.job()
        return job and (job.state, job.started)

    def best(self) -> dict[str, Any] | None:
        """The best recipe's part of the report; None while there is no report."""
        report = self._board.report()
        return report["recipes"][0] if report and report["recipes"] else None

    def summary(self) -> Mapping[str, str]:
        """What the report opens with; empty while there is none."""
        report = self._board.report()
        return (report and report.get("summary")) or {}

    def mistakes(self) -> tuple[Mistake, ...]:
        """Those that are still where they were, the most confident first."""
        found = []
        for number, one in enumerate((self.best() or {}).get("mistakes", ())):
            image = self._workspace.image_of_key(str(one["image"]))
            if image is not None:
                found.append(
                    Mistake(
                        image,
                        str(one["label"]),
                        str(one["predicted"]),
                        float(one["probability"]),
                        heat_map=one["heat_map"] is not None,
                        number=number,
                    )
                )
        return tuple(found)

    def suspects(self) -> tuple[Suspect, ...]:
        """Those that still lie in the class that is doubted, the most suspicious first."""
        report = self._board.report() or {}
        found = []
        for one in (report.get("label_errors") or {}).get("suspects", ()):
            image = self._workspace.image_of_key(str(one["image"]))
            if image is not None:
                near = (self._workspace.image_of_key(str(each["image"])) for each in one["nearest"])
                found.append(
                    Suspect(
                        image,
                        str(one["given"]),
                        str(one["suggested"]),
                        float(one["probability_suggested"]),
                        tuple(each for each in near if each is not None),
                    )
                )
        return tuple(found)

    def heat_map(self, number: int) -> bytes:
        """The areas behind a mistake, over its image, as a JPEG.

        Args:
            number: of the mistake.

        Raises:
            DataError: there is no such heat map, or the image is gone or cannot be read.
        """
        from peu.images.content import read_content
        from peu.images.decoding import decode_image
        from peu.reports.heat_map import overlay

        mistakes = (self.best() or {}).get("mistakes", ())
        one: Mapping[str, Any] = mistakes[number] if 0 <= number < len(mistakes) else {}
        heat = one.get("heat_map")
        image = self._workspace.image_of_key(str(one.get("image")))
        if heat is None or image is None:
            raise DataError("There is no such heat map, or the image is gone. Compare again.")
        shown = decode_image(read_content(image.path), shorter=_VIEW_SIDE).image
        shown.thumbnail((_VIEW_SIDE, _VIEW_SIDE))
        height, width = heat["input_size"]
        stream = io.BytesIO()
        overlay(
            shown, heat["values"], resize_mode=heat["resize_mode"], input_size=(height, width)
        ).save(stream, "JPEG", quality=85)
        return stream.getvalue()


def add_findings(app: FastAPI, findings: Findings) -> None:
    """Answer at `/mistakes`: the heat map of each mistake.

    Args:
        app: to be extended.
        findings: of the workspace.
    """

    @app.get("/mistakes/{number}")
    def _mistake(number: int) -> Response:
        try:
            content = findings.heat_map(number)
        except DataError as error:
            return Response(str(error), 404, media_type="text/plain")
        return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})
