"""Takes the README's pictures from a running demonstration.

make demo SERVE=0            # prints the lead's password
.venv/bin/python manage.py run_experiment 1 cleaning
.venv/bin/python manage.py serve &
.venv/bin/python docs/make_screenshots.py --password PASSWORD
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent / "images"


def main() -> None:
    """Sign in, open the pages, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="lead")
    parser.add_argument("--password", required=True)
    options = parser.parse_args()
    HERE.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{options.url}/accounts/login/")
        page.fill("#id_login", options.user)
        page.fill("#id_password", options.password)
        page.click("button.button--main")
        for name, title in (("noise-ratio", "checklist-100"), ("review", "quality-200")):
            page.goto(options.url)
            page.click("text=Demonstration")
            page.click(f"#project-audits >> text={title}")
            if name == "review":
                page.click("text=Review")
            shoot(page, name)
        page.goto(options.url)
        page.click("text=Demonstration")
        page.click("text=shapes, first model")
        page.click("text=Diagnosis")
        shoot(page, "diagnosis")
        page.click("text=Experiments")
        page.click("table >> text=Sample cleaning")
        shoot(page, "experiment")
        browser.close()


def shoot(page: Page, name: str) -> None:
    """One picture of what the window shows."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    main()
