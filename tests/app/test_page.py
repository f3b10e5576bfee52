"""The page in a browser: from an empty workspace to a model, and what may go wrong on the way."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from onnxruntime import InferenceSession
from playwright.sync_api import Browser, Page

import peu
from app_pages import OpenPage, Served
from broken_images import write_image
from games import write_examples, write_planes
from peu.app.jobs import JobRunner
from peu.app.playing import Playing
from peu.app.screens import STEPS
from peu.app.workspace import Workspace
from peu.images.loading import load_images

HOSTILE = "<img src=x onerror=stolen=1>"


@pytest.fixture
def photos(peu_data: Path, tmp_path: Path) -> Path:
    """Return 4 classes of 8 photos."""
    for folder in sorted((peu_data / "caltech4").iterdir()):
        (tmp_path / "photos" / folder.name).mkdir(parents=True)
        for photo in sorted(folder.glob("*.jpg"))[:8]:
            shutil.copy(photo, tmp_path / "photos" / folder.name)
    return tmp_path / "photos"


@pytest.fixture(scope="module")
def crowded(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve 2,000 images, with names that want to be HTML."""
    folder = tmp_path_factory.mktemp("crowded")
    for number in range(20):
        image = write_image(folder / "one.png", seed=number, size=(160, 120))
        for copy in range(100):
            target = folder / "set" / ("plain" if copy % 2 else HOSTILE) / f"{number}-{copy}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(image.read_bytes() + bytes([copy]))
    image.rename(folder / "set" / HOSTILE / f"{HOSTILE}.png")
    with Served(folder / "work", folder / "set") as served:
        workspace = Workspace(served.workspace)
        playing = Playing(workspace, JobRunner(workspace.jobs_folder, workspace.root))
        write_planes(workspace, playing)
        write_examples(workspace, playing)
        yield served


def all_shown(page: Page, at_least: int) -> None:
    page.wait_for_function(
        "(least) => { const all = [...document.querySelectorAll('.peu-thumbnail img')];"
        " return all.length >= least && all.every((one) => one.complete && one.naturalWidth) }",
        arg=at_least,
    )


def test_from_an_empty_workspace_to_a_model(
    browser: Browser, open_page: OpenPage, photos: Path, tmp_path: Path
) -> None:
    with Served(tmp_path / "work") as served:
        page = open_page(served.address)
        assert page.locator("html").get_attribute("lang") == "en-US"
        page.set_input_files("input[webkitdirectory]", photos)
        page.wait_for_selector("text=32 images in 4 classes")
        all_shown(page, 30)

        page.get_by_role("button", name="Compare", exact=True).click()
        for recipe in ("Textures and patches", "Outlines"):
            page.get_by_label(recipe).uncheck()
        page.get_by_label("Thorough").check()
        page.get_by_role("button", name="Start comparing").click()
        page.wait_for_selector("text=so far, after")
        served.signal_job("compare", signal.SIGSTOP)

        # Another tab and one that is loaded again see it too; a killed server finds it again.
        other = open_page(f"{served.address}/fr?step=compare", locale="fr")
        other.wait_for_selector("text=pour l’instant")
        page.reload()
        page.wait_for_selector("text=so far, after")
        served.kill()
        served.start()
        page.goto(f"{served.address}/en?step=compare")
        page.wait_for_selector("text=so far, after")

        page.get_by_role("button", name="Stop").click()
        served.signal_job("compare", signal.SIGCONT)
        page.wait_for_selector("text=Stopped. What is finished is kept.")
        trials = {file.name for file in served.workspace.glob("runs/*/trials/*.json")}
        assert 0 < len(trials) < 20
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name="Train on all images: Pretrained network").click()
        page.wait_for_selector("text=The model is ready")

        page.get_by_role("button", name="Try it").click()
        photo = next((photos / "accordion").iterdir())
        page.locator(".peu-try input[type=file]").set_input_files(photo)
        page.locator(".peu-try-label", has_text="accordion").wait_for()
        page.get_by_role("tab", name="Take away").click()
        page.get_by_role("button", name="Make it").first.click()
        with page.expect_download() as exported:
            page.get_by_role("link", name="model.onnx").click()
        assert InferenceSession(exported.value.path()).get_inputs()[0].type == "tensor(uint8)"

    assert trials < {file.name for file in served.workspace.glob("runs/*/trials/*.json")}
    model, images = peu.load(served.workspace / "model"), load_images(served.workspace / "images")
    assert (
        model.class_names == images.class_names == tuple(sorted(p.name for p in photos.iterdir()))
    )
    found = [one.label for one in model.predict(images)]
    assert sum(label == right for label, right in zip(found, images.y, strict=True)) >= 30


def test_a_model_is_trained_on_a_phone_in_french(
    browser: Browser, open_page: OpenPage, photos: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "set"
    shutil.copytree(photos, parts / "train")
    shutil.copytree(photos / "anchor", parts / "val" / "anchor")
    with Served(tmp_path / "work") as served:
        page = open_page(served.address, width=375, locale="fr-FR", color_scheme="dark")
        assert page.locator("html").get_attribute("lang") == "fr"
        page.set_input_files("input[webkitdirectory]", parts)
        page.wait_for_selector("text=8 images de val/ et test/ ont été laissées")
        page.wait_for_selector("text=32 images dans 4 classes")
        page.get_by_role("button", name="Comparer", exact=True).click()
        for recipe in ("Textures et détails", "Réseau pré-entraîné transfer"):
            page.get_by_label(recipe).uncheck()
        page.get_by_role("button", name="Lancer la comparaison").click()
        page.get_by_role("button", name="Entraîner sur toutes les images").click()
        page.wait_for_selector("text=Le modèle est prêt")
        assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert len(peu.load(served.workspace / "model").class_names) == 4


def test_thousands_of_images_are_shown_a_few_at_a_time(
    crowded: Served, open_page: OpenPage
) -> None:
    page = open_page(crowded.address)
    all_shown(page, 30)
    page.wait_for_selector("text=2,001 images in 2 classes")
    page.evaluate("document.querySelector('.peu-gallery').scrollTop = 1e7")
    page.wait_for_function("document.querySelector('#image-2000 img')?.naturalWidth > 0")
    assert page.locator(".peu-thumbnail").count() < 200


def test_hostile_names_are_names(crowded: Served, open_page: OpenPage) -> None:
    page = open_page(crowded.address)
    page.get_by_role("button", name=f"{HOSTILE} · 1,001").click()
    page.wait_for_selector("text=Rename class")
    page.evaluate("document.querySelector('.peu-gallery').scrollTop = 1e7")
    page.get_by_role("option", name=f"{HOSTILE}.png").dblclick()
    page.get_by_role("heading", name=f"{HOSTILE}.png").wait_for()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Rename class").click()
    page.get_by_label("Name of the class").fill("../../<b>other")
    page.get_by_role("button", name="OK").click()
    page.wait_for_selector("text=begin with a dot")
    assert page.evaluate("typeof stolen") == "undefined"


def test_images_are_moved_removed_and_brought_back(crowded: Served, open_page: OpenPage) -> None:
    page = open_page(crowded.address)
    all_shown(page, 30)
    page.locator(".peu-gallery").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector("text=2 images chosen")
    page.get_by_label("Move to").select_option(label="plain")
    page.wait_for_selector("text=plain · 1,002")
    page.locator(".peu-thumbnail").first.click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_selector("text=2,000 images in 2 classes")
    page.get_by_role("button", name="Undo: 1 image removed").click()
    page.get_by_role("button", name="Undo: 2 images moved to plain").click()
    page.wait_for_selector("text=plain · 1,000")
    page.wait_for_selector("text=2,001 images in 2 classes")


def test_a_dropped_photo_without_a_folder_is_asked_what_it_shows(
    crowded: Served, open_page: OpenPage, photos: Path
) -> None:
    page = open_page(crowded.address)
    photo = next(photos.rglob("*.jpg"))
    page.evaluate(
        """(content) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(content)], "new.jpg", { type: "image/jpeg" }));
            const event = new DragEvent("drop", { dataTransfer: data, bubbles: true });
            document.querySelector(".peu-drop").dispatchEvent(event);
        }""",
        list(photo.read_bytes()),
    )
    page.wait_for_selector("text=What does this photo show?")
    page.get_by_label("Name of the class").fill("accordion")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=accordion · 1")
    page.get_by_role("button", name="Undo: 1 image added").click()
    page.wait_for_selector("text=2,001 images in 2 classes")


def test_the_camera_takes_photos_while_a_button_is_held(
    crowded: Served, open_page: OpenPage
) -> None:
    page = open_page(crowded.address)
    page.get_by_role("button", name="Camera").click()
    hold = page.get_by_role("button", name="Hold for plain")
    page.wait_for_function("document.querySelector('.peu-webcam video')?.videoWidth > 0")
    hold.focus()
    page.keyboard.down("Space")
    page.wait_for_function("Number(document.querySelector('.peu-count')?.textContent) >= 3")
    page.keyboard.up("Space")
    page.wait_for_selector("text=/Undo: \\d images added/")
    page.get_by_role("button", name="Undo:").click()
    page.wait_for_selector("text=plain · 1,000")


def shade(page: Page, canvas: str) -> int:
    """How bright a canvas is in its middle, of 255."""
    found = page.locator(canvas).evaluate(
        "(one) => one.getContext('2d').getImageData(one.width / 2, one.height / 2, 1, 1).data[0]"
    )
    return int(found)


def test_all_planes_decode_the_point_under_the_pointer_and_follow_the_keys(
    crowded: Served, open_page: OpenPage
) -> None:
    page = open_page(f"{crowded.address}/en?step=play")
    first, second = (f".peu-plane:nth-child({n}) .peu-decoded" for n in (1, 2))
    drawn = page.get_by_role("slider", name="Map of the plane, KL weight 0.0012")
    drawn.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.peu-map canvas').width === 60")
    box = drawn.bounding_box()
    assert box is not None
    # The shade of the first plane rises from 0 on the left to 240 on the right.
    for share in (0.1, 0.4, 0.9):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.3 * box["height"])
        at = f"{6 * share - 3:.1f}"
        page.wait_for_selector(f".peu-place-said:has-text('({at};')")
        assert abs(shade(page, first) - 240 * share) <= 3
        assert shade(page, second) == 0
    drawn.focus()
    for key, said in (
        ("Home", "(0.0; 0.0)"),
        ("ArrowRight", "(0.1; 0.0)"),
        ("Shift+ArrowUp", "(0.1; 1.0)"),
    ):
        page.keyboard.press(key)
        page.wait_for_selector(f".peu-place-said:text-is('{said}')")
        assert drawn.get_attribute("aria-valuetext") == said
    assert abs(shade(page, first) - 240 * 3.1 / 6) <= 2


def test_the_slider_shows_the_image_at_its_noise(crowded: Served, open_page: OpenPage) -> None:
    page = open_page(f"{crowded.address}/fr?step=play", locale="fr")
    slider = page.get_by_role("slider", name="Quantité de bruit")
    assert slider.get_attribute("aria-valuetext") == "0,40"
    page.wait_for_function(
        "document.querySelectorAll('figure canvas')[2].getContext('2d')"
        ".getImageData(6, 6, 1, 1).data[0]"
    )
    assert [shade(page, f"figure:nth-of-type({n}) canvas") for n in (1, 2, 3)] == [0, 122, 252]
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_selector("text=plus que ce qu’il a appris")
    page.get_by_role("button", name="Image 3").click()
    assert shade(page, "figure:nth-of-type(3) canvas") == 254
    page.wait_for_selector("figcaption:has-text('10,0 dB')")


@pytest.mark.parametrize(("width", "scheme", "code"), [(1280, "light", "en"), (375, "dark", "fr")])
def test_every_screen_fits_and_can_be_read_by_everybody(
    crowded: Served, open_page: OpenPage, width: int, scheme: str, code: str
) -> None:
    page = open_page(f"{crowded.address}/{code}", width=width, color_scheme=scheme)
    for place, step in enumerate(STEPS):
        page.get_by_role("tab").nth(place).click()
        page.wait_for_url(f"**step={step}")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, step
        found = Axe().run(page).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        told = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in serious]
        assert told == [], step
