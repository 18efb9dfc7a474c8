"""Film a tour of 20 seconds through a report's live view: an animated WebP for the README.

    python scripts/film_try.py RUN [--out docs/images/tour.webp] [--chromium /usr/bin/chromium]

A strong site is destroyed by the changes that lower the score most, undone, and a motif is put somewhere else. Each
scene is one picture that stays as long as its words take to read. Needs playwright, Chromium and Pillow.
"""

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

LARGEST = 1_500_000  # bytes
WIDTH, BAND = 920, 44  # of the film, and of the line of words
_SHORT, _LONG = 1200, 2600  # milliseconds

Scene = tuple[str, int, bytes]  # words, milliseconds, picture


def scenes(page: Page) -> Iterator[Scene]:
    """The pictures of the tour."""
    panel = page.locator("#try .panel.try")

    def taken(words: str, milliseconds: int) -> Scene:
        page.wait_for_timeout(700)
        return words, milliseconds, panel.screenshot()

    yield taken("A sequence of the run: tall letters decide, boxes are motifs, cells are all single changes", 3400)
    for number in range(1, 4):
        page.click("[data-try=down]")
        page.evaluate("document.activeElement.blur()")
        yield taken(
            f"What destroys it? The change that lowers the score most ({number})", _SHORT if number < 3 else _LONG
        )
    page.click("[data-try=reset]")
    yield taken("Back to the original", _SHORT)
    cells = page.locator("#try-editor .cells").bounding_box()
    if cells is None:
        raise SystemExit("the live view shows no cells")
    page.mouse.click(cells["x"] + cells["width"] * 0.52, cells["y"] + cells["height"] * 0.4)
    page.mouse.move(2, 2)
    yield taken("Press a cell, or type a letter: the prediction moves at once", _LONG)
    page.click("[data-try=undo]")
    page.focus("#try-editor")
    for _ in range(2):
        page.keyboard.press("Home")
    page.locator(".motif-chip").nth(0).click()
    yield taken("Put a motif somewhere else: does it help there?", _LONG)
    page.click("[data-try=turn]")
    yield taken("Turn it round: a splice site is read on one strand", _LONG)
    page.click("[data-try=reset]")
    yield taken("All of it in the report, offline: motiflens explore RUN", 2000)


def frame(scene: Scene, height: int) -> Image.Image:
    """A picture of the film: the scene below its words."""
    words, _, picture = scene
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    film = Image.new("RGB", (WIDTH, height), "white")
    film.paste(image, (0, BAND))
    draw = ImageDraw.Draw(film)
    draw.rectangle((0, 0, WIDTH, BAND), fill="#0f5a67")
    draw.text((16, BAND / 2), words, fill="white", anchor="lm", font=ImageFont.load_default(18))
    return film


def filmed(shown: list[Scene]) -> bytes:
    """The film as WebP, of the best quality that fits into LARGEST bytes."""
    height = BAND + round(WIDTH * max(h / w for w, h in (Image.open(io.BytesIO(p)).size for _, _, p in shown)))
    first, *others = (frame(scene, height) for scene in shown)
    durations = [milliseconds for _, milliseconds, _ in shown]
    for quality in (85, 70, 50, 30):
        out = io.BytesIO()
        first.save(
            out, "webp", save_all=True, append_images=others, duration=durations, loop=0, quality=quality, method=6
        )
        if out.tell() < LARGEST:
            return out.getvalue()
    raise SystemExit(f"the film stays larger than {LARGEST:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "images" / "tour.webp"
    )
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 1100}, color_scheme="light")
        page.goto((options.run / "report.html").resolve().as_uri())
        page.evaluate("document.querySelector('.topbar').hidden = true")
        page.locator("#try").scroll_into_view_if_needed()
        page.wait_for_selector("#try-editor .cells")
        options.out.write_bytes(filmed(list(scenes(page))))
        browser.close()
    print(options.out)


if __name__ == "__main__":
    main()
