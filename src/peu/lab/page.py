"""A lab as one page and as JSON, in either language, from what its sections found."""

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from peu import __version__
from peu.errors import ResourceError
from peu.lab.charts import intervals
from peu.lab.findings import Facts, Findings, read_findings
from peu.lab.language import Language, LanguageCode, usual_language
from peu.lab.questions import questions_of
from peu.lab.run import read_settings
from peu.lab.sections import SECTIONS
from peu.lab.telling import LabSection, Told, accuracy_of, text
from peu.reports.images import png_uri
from peu.reports.report import (
    Block,
    Callout,
    Details,
    Figure,
    KeyValues,
    Paragraph,
    Plate,
    Report,
    Section,
)
from peu.reports.report_folder import write_report_folder


def write_lab(folder: str | Path, *, language: LanguageCode | None = None) -> Path:
    """Write the page of a lab, `report.html`, its JSON and its figures.

    Nothing is computed anew, so a lab that has run is told in the other language at once.

    Args:
        folder: of a lab that ran, in whole or in part.
        language: "fr" or "en"; None takes that of the user's locale.

    Returns:
        The path of the page.

    Raises:
        ResourceError: no lab is there, or the disk cannot be written.
    """
    place, say = Path(folder), Language(language or usual_language())
    settings = read_settings(place)
    if not isinstance(settings, dict):
        raise ResourceError(
            f"`{place}` must be the folder of a lab. It is not. Run `peu lab` first."
        )
    found = [(section, read_findings(place, section.key)) for section in SECTIONS]
    ran = [(section, findings) for section, findings in found if findings is not None]
    told = {section.key: tell_section(section, findings, say, place) for section, findings in ran}
    report = Report(
        title=say("Reconnaître, débruiter, générer", "Recognising, denoising, generating"),
        subtitle=say(
            "Le TP « CNN avec peu de données », exécuté section par section",
            "The lab on CNNs with few data, executed section by section",
        ),
        blocks=(
            *_overview(ran, say),
            *(
                Section(
                    f"{section.key} {say(section.french, section.english)}",
                    told_blocks(section, told[section.key], say),
                )
                for section, _ in ran
            ),
            _method(settings, ran, say),
        ),
        language=say.code,
        footer=say(
            f"Fait par peu {__version__}. Cette page ne demande ni réseau ni autre fichier.",
            f"Made by peu {__version__}. This page needs no network and no other file.",
        ),
    )
    numbers = {
        "format": 1,
        "language": say.code,
        "settings": settings,
        "sections": [
            _numbers(section, findings, told[section.key], say) for section, findings in ran
        ],
    }
    drawings = {
        f"{section.key}-{number}": block.png
        for section, _ in ran
        for number, block in enumerate(told[section.key].done, start=1)
        if isinstance(block, Figure)
    }
    return write_report_folder(place, report, numbers, drawings)


def tell_section(section: LabSection, findings: Findings, say: Language, folder: Path) -> Told:
    """Turn the findings of a section into text; one that failed answers with its reason."""
    if findings.failed:
        reason = say(
            f"Cette section n'a pas pu être exécutée ici : {findings.failed}",
            f"This section could not be run here: {findings.failed}",
        )
        unanswered = say(
            f"Sans réponse mesurée : {findings.failed}", f"No measured answer: {findings.failed}"
        )
        return Told(
            (Callout(say("Non exécutée", "Not run"), reason, tone="warning"),),
            {question.key: text(unanswered) for question in questions_of(section.key)},
        )
    return section.tell(findings.facts, say, _images_of(folder, section.key))


def told_blocks(section: LabSection, told: Told, say: Language) -> tuple[Block, ...]:
    """Lay out a section: what was done, then each question with its answer."""
    return (
        *told.done,
        *(
            Section(say(question.french, question.english), told.answers[question.key])
            for question in questions_of(section.key)
        ),
    )


def _images_of(folder: Path, key: str) -> Callable[[str, str], Plate]:
    def show(name: str, caption: str) -> Plate:
        path = folder / "parts" / key / f"{name}.png"
        try:
            with Image.open(path) as image:
                uri = png_uri(image.convert("RGB"))
        except OSError:
            # The page is still of use without an image that somebody removed.
            uri = png_uri(Image.new("RGB", (1, 1), (255, 255, 255)))
        return Plate(uri, alternative=caption, caption=caption)

    return show


def _overview(ran: Sequence[tuple[LabSection, Findings]], say: Language) -> tuple[Block, ...]:
    facts = {section.key: findings.facts for section, findings in ran if not findings.failed}
    failed = [section.key for section, findings in ran if findings.failed]
    blocks: list[Block] = []
    recognised = _recognised(facts, say)
    shown = [
        (name, value)
        for name, value in (
            _best_recognised(recognised, say),
            _denoised(facts, say),
            _mapped(facts, say),
        )
        if value
    ]
    sentence = say(
        f"{len(ran)} sections sur {len(SECTIONS)} ont été exécutées sur cette machine ; tout "
        "chiffre ci-dessous y a été mesuré.",
        f"{len(ran)} of {len(SECTIONS)} sections were run on this machine; every figure below was "
        "measured on it.",
    )
    if failed:
        sentence += " " + say(
            f"N'ont pas pu l'être : {say.listed(failed)}.",
            f"Could not be run: {say.listed(failed)}.",
        )
    blocks.append(
        Callout(
            say("En bref", "In short"),
            sentence,
            tone="warning" if failed else "verdict",
            facts=tuple(shown),
        )
    )
    if len(recognised) > 1:
        blocks.append(
            Section(
                say("Reconnaissance, en une figure", "Recognition in one figure"),
                (
                    intervals(
                        say,
                        [(name, accuracy_of(trial)) for name, trial in recognised],
                        say(
                            "Exactitude sur les mêmes images de test, qui n'ont servi à aucun "
                            "choix ; intervalles de Wilson à 95 %.",
                            "Accuracy on the same test images, which chose nothing; 95% Wilson "
                            "intervals.",
                        ),
                    ),
                ),
            )
        )
    return tuple(blocks)


def _recognised(facts: dict[str, Facts], say: Language) -> list[tuple[str, Facts]]:
    wanted = (
        ("1.2", None, say("1.2 réseau du sujet", "1.2 the sheet's network")),
        ("1.3", "best", say("1.3 mieux réglé", "1.3 better settings")),
        ("1.4", "best", say("1.4 avec augmentation", "1.4 with augmentation")),
        ("1.4", "resnet", say("1.4 réseau résiduel", "1.4 residual network")),
        ("1.5", "hog", say("1.5 descripteurs", "1.5 descriptors")),
        ("1.5", "mlp", say("1.5 transfert, MLP", "1.5 transfer, MLP")),
        ("1.6", "always", say("1.6 fine-tuning", "1.6 fine-tuning")),
    )
    rows = []
    for key, name, shown in wanted:
        own = facts.get(key, {})
        if name is None:
            trial = own.get("trial")
        else:
            chosen = own.get("best") if (key, name) == ("1.4", "best") else name
            trial = own.get("trials", {}).get(chosen)
        if trial:
            rows.append((shown, trial))
    return rows


def _best_recognised(rows: Sequence[tuple[str, Facts]], say: Language) -> tuple[str, str]:
    if not rows:
        return "", ""
    name, trial = max(rows, key=lambda row: row[1]["correct"])
    return name, say.percent(accuracy_of(trial).mean)


def _denoised(facts: dict[str, Facts], say: Language) -> tuple[str, str]:
    mse = facts.get("2.3", {}).get("losses", {}).get("mse", {"failed": "not run"})
    if mse["failed"]:
        return "", ""
    level = mse["levels"][-1]
    return (
        say(
            f"débruitage à 0,4 (bruité : {say.number(level['noisy_psnr'], 1)} dB)",
            f"denoised at 0.4 (noisy: {say.number(level['noisy_psnr'], 1)} dB)",
        ),
        f"{say.number(level['psnr'], 1)} dB",
    )


def _mapped(facts: dict[str, Facts], say: Language) -> tuple[str, str]:
    own = facts.get("3.4")
    if own is None:
        return "", ""
    return (
        say("dimensions latentes actives", "latent dimensions in use"),
        f"{own['active']}/{own['latent']}",
    )


def _method(
    settings: dict[str, Any], ran: Sequence[tuple[LabSection, Findings]], say: Language
) -> Section:
    seconds = sum(findings.seconds for _, findings in ran)
    named = {
        say("graine", "seed"): str(settings["seed"]),
        say("données", "data"): _data_of(settings, ran),
        say("rapide", "quick"): say("oui", "yes") if settings["quick"] else say("non", "no"),
        say("taux d'apprentissage", "learning rate"): say.short(settings["learning_rate"]),
        say("kl_weight du VAE", "kl_weight of the VAE"): str(settings["kl_weight"]),
        say("réseau pré-appris demandé", "pretrained network asked for"): Path(
            settings["backbone"]
        ).name,
        say("durée totale", "time in all"): say.seconds(seconds),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} "
        + say("cœurs", "cores"),
        "peu": __version__,
    }
    times = tuple((section.key, say.seconds(findings.seconds)) for section, findings in ran)
    return Section(
        say("Pour refaire", "To do it again"),
        (
            Paragraph(
                say(
                    "Les images de test sont les mêmes dans toute la partie 1 et n'ont décidé de "
                    "rien ; tout choix est fait par validation croisée sur les autres.",
                    "The test images are the same throughout part 1 and decided nothing; every "
                    "choice is made by folds of the others.",
                )
            ),
            KeyValues(tuple(named.items())),
            Details(say("Durée de chaque section", "Time of each section"), (KeyValues(times),)),
        ),
    )


def _data_of(settings: dict[str, Any], ran: Sequence[tuple[LabSection, Findings]]) -> str:
    """Name the images of part 1: as they were asked for, or the set that was taken."""
    taken = (
        str(each.facts["name"]) for section, each in ran if section.key == "1.1" and each.facts
    )
    return str(settings["data"] or next(taken, "\u2013"))


def _numbers(section: LabSection, findings: Findings, told: Told, say: Language) -> dict[str, Any]:
    return {
        "section": section.key,
        "title": say(section.french, section.english),
        "seconds": findings.seconds,
        "failed": findings.failed,
        "facts": findings.facts,
        "questions": [
            {
                "key": question.key,
                "question": say(question.french, question.english),
                "answer": " ".join(
                    block.text
                    for block in told.answers[question.key]
                    if isinstance(block, Paragraph)
                ),
            }
            for question in questions_of(section.key)
        ],
    }
