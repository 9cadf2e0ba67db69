"""Draw the pictures of the warm-up: python docs/make_practice_pictures.py fills static/practice.

Plain shapes, so that nobody has to know anything to judge them.
"""

from pathlib import Path

from PIL import Image, ImageDraw

TARGET = Path(__file__).resolve().parent.parent / "static" / "practice"
SIZE = (640, 480)
# Drawn this much larger and reduced, so that edges are smooth.
OVERSIZE = 3
RED, BLUE, GREEN, YELLOW = "#d1433f", "#2f6fd0", "#3a9a55", "#eec643"
Shape = tuple[str, str, int, int, int]


def draw(name: str, ground: str, shapes: list[Shape]) -> None:
    """One picture: shapes are (kind, colour, x, y, radius) in pixels."""
    picture = Image.new("RGB", (SIZE[0] * OVERSIZE, SIZE[1] * OVERSIZE), ground)
    pen = ImageDraw.Draw(picture)
    for kind, colour, *where in shapes:
        x, y, r = (OVERSIZE * value for value in where)
        if kind == "circle":
            pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        elif kind == "square":
            pen.rectangle((x - r, y - r, x + r, y + r), fill=colour)
        else:
            pen.polygon(((x, y - r), (x + r, y + r), (x - r, y + r)), fill=colour)
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(TARGET / f"{name}.webp", quality=85)


def main() -> None:
    """All pictures of the warm-up."""
    TARGET.mkdir(parents=True, exist_ok=True)
    three = [("circle", RED, 140, 150, 60), ("circle", RED, 330, 300, 60)]
    draw("match", "#e9eef3", [*three, ("square", BLUE, 500, 160, 60)])
    draw("mismatch", "#eef1e6", [("triangle", GREEN, 220, 250, 90), ("square", BLUE, 450, 240, 70)])
    draw(
        "wrong_answer",
        "#f3ece4",
        [("square", YELLOW, 180, 240, 80), ("circle", BLUE, 450, 240, 80)],
    )
    near = [("square", RED, 200, 180, 70), ("square", BLUE, 440, 180, 70)]
    draw("ambiguous", "#ece9f3", [*near, ("triangle", GREEN, 320, 360, 70)])


if __name__ == "__main__":
    main()
