"""Pictures of samples: opened by checked paths only, shown as small WebP renditions, cached.

Nothing here trusts a name: a path must stay inside its folder, a file must be an image of a known
format and a bounded size before a single pixel is decoded.
"""

import hashlib
import io
import threading
import warnings
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageFile, ImageOps

from triage.science.store.image_files import FORMATS, NotAPicture, read_header
from triage.science.store.store import DataRoot, RunFolder
from triage.science.words import gettext_noop as _

MAX_BYTES = 200 * 1024**2
# Longest sides in pixels of what pages show.
SIDES = {"thumb": 160, "view": 1280}
# Below this side a picture is kept exactly: scaling artefacts would be most of what one sees.
LOSSLESS_BELOW = 160
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
# Pillow's leave to show cut pictures is one for the whole process.
_lock = threading.Lock()


def read_run_image(folder: RunFolder, image_root: str, path: str) -> bytes:
    """The bytes of a run's image, from the folder it points at or from the pictures it carries.

    Raises FileNotFoundError, or NotAPicture for a path that leaves the folder (also by a link) and
    for a file too large to be an image.
    """
    if not image_root:
        if ".." in PurePosixPath(path).parts or path.startswith("/"):
            raise NotAPicture(_("the path leaves the image folder"))
        return folder.root.get(f"{folder.relative}/images/{path}")
    target = _inside(Path(image_root), path)
    if not target.is_file():
        raise FileNotFoundError(path)
    if target.stat().st_size > MAX_BYTES:
        raise NotAPicture(_("the file is larger than an image should be"))
    return target.read_bytes()


def image_key(folder: RunFolder, image_root: str, path: str) -> str:
    """A name for the image as it is now: changes when the file does.

    Raises what `read_run_image` raises.
    """
    stamp = ""
    if image_root:
        target = _inside(Path(image_root), path)
        about = target.stat()
        stamp = f"{about.st_mtime_ns}:{about.st_size}"
    return hashlib.sha256(f"{folder.relative}\n{image_root}\n{path}\n{stamp}".encode()).hexdigest()


def rendition(root: DataRoot, key: str, side: int, read: Callable[[], bytes]) -> bytes:
    """The picture as WebP with no side longer than `side`, from the cache under `key` or made now.

    `read` is called only where the cache has nothing. Raises NotAPicture and what `read` raises.
    """
    relative = f"cache/{side}/{key[:2]}/{key}.webp"
    try:
        return root.get(relative)
    except FileNotFoundError:
        made = webp(read(), side)
        root.put(relative, made)
        return made


def webp(data: bytes, side: int) -> bytes:
    """The image in `data`, upright, scaled down to `side` at most, as WebP."""
    picture = decode(data, side)
    sink = io.BytesIO()
    exact = max(picture.size) <= LOSSLESS_BELOW and side > LOSSLESS_BELOW
    picture.save(sink, "WEBP", quality=82, method=2, lossless=exact)
    return sink.getvalue()


def decode(data: bytes, side: int) -> Image.Image:
    """The image in `data`, upright, RGB or RGBA, scaled down so that no side exceeds `side`.

    Raises NotAPicture for what is no image, too many pixels, or damaged.
    """
    read_header(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=list(FORMATS))
            image.draft("RGB", (side, side))
            _load(image)
            upright = _eight_bits(ImageOps.exif_transpose(image))
            seen = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise NotAPicture(_("the image is damaged or cut off")) from None
    seen.thumbnail((side, side), Image.Resampling.LANCZOS)
    return seen


def _load(image: Image.Image) -> None:
    """Decode; a JPEG without its last bytes as far as it goes, as every viewer shows it."""
    try:
        image.load()
    except OSError:
        if image.format != "JPEG":
            raise
        with _lock:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            try:
                image.load()
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = False


def _eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits a pixel scaled to the range that it uses: 10, 12 or 16 bits."""
    if not image.mode.startswith("I"):
        return image
    levels = np.asarray(image, dtype=np.int64).clip(0)
    bits = next(n for n in (8, 10, 12, 16, 32) if not int(levels.max()) >> n)
    return Image.fromarray((levels >> (bits - 8)).astype(np.uint8))


def is_cut(data: bytes) -> bool:
    """Whether only a part of the picture is there, as of a JPEG without its end.

    Cheap: only a JPEG whose last bytes are not those of an end is decoded.
    """
    if not data.startswith(_JPEG_START) or data[-64:].rstrip(b"\0\r\n ").endswith(_JPEG_END):
        return False
    try:
        read_header(data)
    except NotAPicture:
        return False
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(io.BytesIO(data), formats=["JPEG"])
        image.draft("RGB", (SIDES["thumb"], SIDES["thumb"]))
        try:
            image.load()
        except (OSError, ValueError, SyntaxError):
            return True
    return False


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header. Raises NotAPicture."""
    header = read_header(data)
    return header.width, header.height


def _inside(folder: Path, path: str) -> Path:
    whole = folder.resolve()
    target = (whole / path).resolve()
    if not target.is_relative_to(whole):
        raise NotAPicture(_("the path leaves the image folder"))
    return target
