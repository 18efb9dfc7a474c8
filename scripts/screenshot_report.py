"""Take the README's pictures of a run's report.

    python scripts/screenshot_report.py RUN [--out docs/images/report.png] [--chromium /usr/bin/chromium]
    python scripts/screenshot_report.py RUN --try --out docs/images/try.png

Light mode, the top of the page, or with --try the live view after the two changes that lower the score most; compressed
to a palette so that it stays under 400 kB. Needs playwright and Chromium.
"""

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

LARGEST = 400_000  # bytes


def screenshot(report: Path, *, chromium: str, width: int, height: int, live: bool) -> bytes:
    """The first screens of the report, or its live view, as png."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.wait_for_timeout(1000)
        picture = tried(page) if live else page.screenshot()
        browser.close()
    return picture


def tried(page: Page) -> bytes:
    """The live view, with edits."""
    page.locator("#try").scroll_into_view_if_needed()
    page.wait_for_selector("#try-editor .cells")
    for _ in range(2):
        page.click("[data-try=down]")
        page.wait_for_timeout(1000)
    page.evaluate("document.querySelector('.topbar').hidden = true")
    return page.locator("#try .panel.try").screenshot()


def compressed(picture: bytes) -> bytes:
    """The picture in as many colours as fit into LARGEST bytes."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "png", optimize=True)
        if out.tell() < LARGEST:
            return out.getvalue()
    raise SystemExit(f"the picture stays larger than {LARGEST:,} bytes; take a smaller one with --height")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "images" / "report.png"
    )
    parser.add_argument("--try", dest="live", action="store_true", help="the live view")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=1500)
    given = parser.parse_args()
    report = given.run / "report.html"
    taken = screenshot(report, chromium=given.chromium, width=given.width, height=given.height, live=given.live)
    picture = compressed(taken)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_bytes(picture)
    print(f"{given.out}: {len(picture):,} bytes")


if __name__ == "__main__":
    main()
