"""Pictures: opened by checked paths, bounded before they are decoded, small WebP out."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import (
    decode,
    image_key,
    is_cut,
    read_run_image,
    rendition,
    size_of,
    webp,
)
from triage.science.store.store import DataRoot


def png(width: int = 40, height: int = 30, colour: str = "red") -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(sink, "PNG")
    return sink.getvalue()


def huge_png() -> bytes:
    """A valid header of 50,000 × 50,000 pixels and next to no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.fixture
def root(tmp_path: Path) -> DataRoot:
    return DataRoot(str(tmp_path / "root"))


def test_a_rendition_is_webp_no_larger_than_asked() -> None:
    seen = Image.open(io.BytesIO(webp(png(400, 200), 100)))

    assert (seen.format, seen.size) == ("WEBP", (100, 50))


def test_a_small_picture_is_kept_exactly() -> None:
    small = Image.effect_noise((20, 20), 80).convert("RGB")
    sink = io.BytesIO()
    small.save(sink, "PNG")

    seen = Image.open(io.BytesIO(webp(sink.getvalue(), 1280))).convert("RGB")

    assert seen.tobytes() == small.tobytes()


def test_a_rotated_photo_is_shown_upright() -> None:
    image = Image.new("RGB", (40, 20))
    exif = image.getexif()
    exif[0x0112] = 6
    sink = io.BytesIO()
    image.save(sink, "JPEG", exif=exif)

    assert decode(sink.getvalue(), 100).size == (20, 40)


def test_a_bomb_is_refused_before_a_pixel_is_decoded() -> None:
    with pytest.raises(NotAPicture, match="million pixels"):
        webp(huge_png(), 100)


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"hello", png()[:60]],
    ids=["empty", "svg", "pdf", "text", "cut off"],
)
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        webp(data, 100)


def test_paths_stay_inside_the_folder(root: DataRoot, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.png").write_bytes(png())
    (tmp_path / "secret.png").write_bytes(png())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "out").symlink_to(tmp_path)
    run = root.run("0" * 32)

    assert read_run_image(run, str(folder), "deep/a.png") == png()
    for path in ("../secret.png", "link.png", "out/secret.png", "/etc/passwd", "deep/../../x"):
        with pytest.raises((NotAPicture, FileNotFoundError)):
            read_run_image(run, str(folder), path)
    with pytest.raises(FileNotFoundError):
        read_run_image(run, str(folder), "nothing.png")


def test_pictures_that_a_run_carries_stay_in_its_own_folder(root: DataRoot) -> None:
    run = root.run("1" * 32)
    path = run.put_image(png(), "png")

    assert read_run_image(run, "", path) == png()
    for bad in ("../refused.parquet", "/etc/passwd", "a/../../x"):
        with pytest.raises(NotAPicture):
            read_run_image(run, "", bad)


def test_the_cache_is_asked_first_and_notices_a_new_file(root: DataRoot, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.png").write_bytes(png(colour="red"))
    run, calls = root.run("2" * 32), []

    def shown() -> bytes:
        def read() -> bytes:
            calls.append(1)
            return read_run_image(run, str(folder), "a.png")

        return rendition(root, image_key(run, str(folder), "a.png"), 160, read)

    first = shown()
    assert shown() == first
    assert len(calls) == 1
    (folder / "a.png").write_bytes(png(60, 30, colour="blue"))
    assert shown() != first


def jpeg(**more) -> bytes:
    sink = io.BytesIO()
    Image.effect_noise((120, 90), 60).convert("RGB").save(sink, "JPEG", **more)
    return sink.getvalue()


@pytest.mark.parametrize("kept", [-2, -200, 1500])
def test_a_jpeg_without_its_end_is_shown_and_known_as_cut(kept: int) -> None:
    data = jpeg()[:kept]

    assert is_cut(data)
    assert decode(data, 100).size == (100, 75)


@pytest.mark.parametrize(
    "data",
    [
        jpeg(),
        jpeg(progressive=True),
        jpeg() + b"\0\0\n",
        jpeg() + b"a phone's own words" * 9,
        png(),
        png()[:60],
        b"",
        b"\xff\xd8",
        b"hello",
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_a_whole_picture_and_what_is_none_are_not_cut(data: bytes) -> None:
    assert not is_cut(data)


def test_the_size_comes_from_the_header() -> None:
    assert size_of(png(40, 30)) == (40, 30)
