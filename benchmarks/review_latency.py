"""Key press to the next picture painted: a real server, a real Chromium, real pictures.

    python benchmarks/review_latency.py [--items 60] [--width 1000] [--height 750] [--pause 400]

Makes a run of JPEGs that compress as photographs do, imports it, draws an audit of it, opens the
review page in headless Chromium and presses verdict keys through the DevTools protocol, as a
keyboard would, `--pause` milliseconds apart. A press counts from the time stamp of its keydown
until two animation frames after another item's picture is complete and visible. `presented_*` is
the browser's own word for the same presses (Event Timing: until the next frame was on the screen,
in steps of 8 ms). Nothing is throttled; browser, server and this script share the machine's cores.
One JSON line.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.conftest import chromium_path
from tests.serving import REPOSITORY, Server

# Imports the rows through the product's own import, draws an audit, signs one annotator in.
SETTING_UP = """
import json, sys, django
django.setup()
from pathlib import Path
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from annotations.audits import draw_audit
from tests.annotations.audit_factories import error_rows, ingest_run, make_member, make_project_of
from triage.models import Role
wish = json.load(sys.stdin)
rows = error_rows(wish["items"])
for number, row in enumerate(rows):
    row["image"] = f"{number}.jpg"
    row["boxes"] = [[100, 100, 420, 360]]
    row["attention"] = [[(number + x * y) % 7 / 7 for x in range(14)] for y in range(14)]
    row["candidates"] = [{"answer": f"answer {n}", "probability": 0.4 / n} for n in range(1, 6)]
run = ingest_run(make_project_of(), rows, image_root=Path(wish["images"]))
audit = draw_audit(run, protocol="custom", size=wish["items"], seed=3)
user = make_member(audit.project, "ann", Role.ANNOTATOR)
store = SessionStore()
store[SESSION_KEY] = str(user.pk)
store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
store[HASH_SESSION_KEY] = user.get_session_auth_hash()
store.create()
print(json.dumps({"audit": audit.pk, "session": store.session_key}))
"""

# Notes, for every verdict key, how long it took until another picture was on the screen.
WATCHING = """() => {
  window.took = [];
  window.presented = {};
  const observer = new PerformanceObserver((list) => {
    for (const each of list.getEntries()) {
      if (each.name === 'keydown') window.presented[each.startTime] = each.duration;
    }
  });
  observer.observe({ type: 'event', durationThreshold: 16 });
  const shown = () => document.querySelector('article.item:not([hidden])');
  let before;
  addEventListener('keydown', () => { before = shown(); }, true);
  // The last of all listeners: the page has done its own.
  addEventListener('keydown', ({ timeStamp }) => {
    const look = () => {
      const card = shown();
      const image = card?.querySelector('[data-stage] img');
      const there = card !== before && image?.complete && image.naturalWidth;
      if (!there || !image.checkVisibility()) return requestAnimationFrame(look);
      requestAnimationFrame(() => requestAnimationFrame(() => {
        window.took.push({ ms: performance.now() - timeStamp, at: timeStamp });
      }));
    };
    look();
  });
}"""


def make_pictures(folder: Path, count: int, width: int, height: int) -> int:
    """JPEGs that compress as photographs do; the mean size in bytes."""
    generator = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width]
    for number in range(count):
        coarse = generator.normal(128, 60, (height // 25 + 1, width // 25 + 1, 3))
        base = np.asarray(
            Image.fromarray(np.clip(coarse, 0, 255).astype(np.uint8)).resize((width, height))
        )
        waves = 30 * np.sin((x + y * (number % 5)) / (9 + number % 11))[..., None]
        grain = generator.normal(0, 9, (height, width, 1))
        picture = np.clip(base + waves + grain, 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{number}.jpg", quality=88)
    return sum(path.stat().st_size for path in folder.glob("*.jpg")) // count


def set_up(server: Server, images: Path, items: int) -> dict[str, Any]:
    """Prepare the database, import, draw: {"audit", "session"}."""
    subprocess.run(
        [sys.executable, "manage.py", "prepare", "--verbosity", "0"],
        cwd=REPOSITORY,
        env=server.environment,
        check=True,
    )
    made = subprocess.run(
        [sys.executable, "-c", SETTING_UP],
        env=server.environment,
        input=json.dumps({"items": items, "images": str(images)}),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=300,
    )
    if made.returncode:
        raise RuntimeError(made.stderr[-3000:])
    return dict(json.loads(made.stdout))


def press(keyboard: CDPSession, key: str) -> None:
    """One key down and up, as the DevTools protocol sends them."""
    given = {"key": key, "code": f"Key{key.upper()}", "windowsVirtualKeyCode": ord(key.upper())}
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, **given})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **given})


def judge(page: Page, presses: int, pause: float) -> tuple[list[float], list[float]]:
    """Press verdict keys one after another; milliseconds by the page's frames, and as presented."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    page.evaluate(WATCHING)
    keyboard = page.context.new_cdp_session(page)
    for number in range(presses):
        press(keyboard, "mxaun"[number % 5])
        page.wait_for_timeout(pause)
        while page.evaluate("window.took.length") <= number:
            page.wait_for_timeout(50)
    took, presented = page.evaluate("[window.took, window.presented]")
    # What took less than 16 ms is not reported.
    return [each["ms"] for each in took], [presented.get(str(each["at"]), 16) for each in took]


def measure(wish: argparse.Namespace) -> dict[str, Any]:
    """One audit, all but its last items judged."""
    with tempfile.TemporaryDirectory(prefix="alignment-triage-bench-") as name:
        folder = Path(name)
        (folder / "images").mkdir()
        size = make_pictures(folder / "images", wish.items, wish.width, wish.height)
        server = Server(folder)
        made = set_up(server, folder / "images", wish.items)
        server.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium_path(), args=["--no-sandbox"]
                )
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                where = f"http://127.0.0.1:{server.port}"
                cookie = {"name": "sessionid", "value": made["session"], "url": where}
                context.add_cookies([cookie])  # type: ignore[list-item]
                page = context.new_page()
                page.goto(f"{where}/audits/{made['audit']}/review/")
                if wish.attention:
                    page.keyboard.press("o")
                # The last press leads to the page that says that all is judged.
                took = judge(page, wish.items - 1, wish.pause)
                browser.close()
        finally:
            server.kill()
    return summary(*took, size, wish)


def summary(
    took: list[float], presented: list[float], size: int, wish: argparse.Namespace
) -> dict[str, Any]:
    """The line that is printed."""
    p50, p95, p99 = (round(float(each), 1) for each in np.percentile(took, [50, 95, 99]))
    return {
        "n": len(took),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "max_ms": round(max(took), 1),
        "presented_p50_ms": round(float(np.percentile(presented, 50)), 1),
        "presented_p95_ms": round(float(np.percentile(presented, 95)), 1),
        "within_50_ms": round(sum(each <= 50 for each in took) / len(took), 3),
        "image": f"{wish.width}x{wish.height}",
        "image_kb": round(size / 1000),
        "pause_ms": wish.pause,
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--items", type=int, default=60, help="items of the audit")
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--height", type=int, default=750)
    parser.add_argument("--pause", type=float, default=400, help="milliseconds between presses")
    parser.add_argument("--attention", action="store_true", help="with the attention drawn")
    print(json.dumps(measure(parser.parse_args())), flush=True)


if __name__ == "__main__":
    main()
