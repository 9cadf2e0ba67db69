"""What an image file says of itself, read from its header alone."""

import io
import os
import warnings
from dataclasses import dataclass
from typing import IO

from PIL import ExifTags, Image

from triage.science.words import Refused
from triage.science.words import gettext_noop as _

# By content, not by name. No SVG (a program), no PDF, PSD or EPS (parsers with a history).
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp"}
MAX_PIXELS = 50_000_000


class NotAPicture(Refused):
    """Not an image that is shown here; the message says why."""


@dataclass(frozen=True)
class ImageHeader:
    """Format (lower-case suffix) and size in pixels, as the picture is seen: turned upright."""

    suffix: str
    width: int
    height: int


def read_header(source: bytes | IO[bytes]) -> ImageHeader:
    """Look at the header only; nothing is decoded.

    Raises NotAPicture for anything but PNG, JPEG, WebP, GIF and BMP of at most 50 million pixels.
    """
    if isinstance(source, str | os.PathLike):
        # Pillow would open it as a path.
        raise TypeError("bytes or a stream, never a path")
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            # Our own bound below is stricter than Pillow's warning and is an error, not a warning.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(stream, formats=list(FORMATS))
    except Image.DecompressionBombError:
        raise NotAPicture(
            _("the image has more than {max_pixels} million pixels"),
            max_pixels=str(MAX_PIXELS // 10**6),
        ) from None
    except (OSError, ValueError, SyntaxError):
        raise NotAPicture(_("the file is not a PNG, JPEG, WebP, GIF or BMP image")) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise NotAPicture(
            _("the image is {width} × {height}: more than {max_pixels} million pixels"),
            width=str(width),
            height=str(height),
            max_pixels=str(MAX_PIXELS // 10**6),
        )
    if min(width, height) < 1:
        raise NotAPicture(_("the image is empty"))
    if _lies_on_its_side(image):
        width, height = height, width
    return ImageHeader(FORMATS[image.format or "PNG"], width, height)


def _lies_on_its_side(image: Image.Image) -> bool:
    """Whether EXIF says that a picture is to be turned by a quarter before it is shown."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except (OSError, ValueError, SyntaxError, KeyError):
        return False
