"""Texts in whatever encoding: read rightly, and told where something was taken for granted."""

from pathlib import Path

import pytest

from triage.science.readers import UnreadableFile, open_reader
from triage.science.readers.encodings import encoding_of

CHINESE = "图片里有一只猫，它坐在桌子上，旁边放着一本打开的书。这个问题的答案是什么？" * 3
FRENCH = "Où est le garçon à la chemise bleue ? Il a été là près de la fenêtre. " * 3


@pytest.mark.parametrize(
    ("encoding", "told", "text"),
    [
        ("utf-8", [], CHINESE),
        ("utf-8-sig", [], CHINESE),
        ("utf-16", ["encoding utf-16"], CHINESE),
        ("utf-16-le", ["encoding utf-16-le"], "plain words of English " * 9),
        ("utf-16-be", ["encoding utf-16-be"], "plain words of English " * 9),
        ("utf-32", ["encoding utf-32"], CHINESE),
        ("gb18030", ["encoding gb18030"], CHINESE),
        ("cp1252", ["encoding cp1252"], FRENCH),
    ],
)
def test_a_text_is_read_in_its_own_encoding(
    tmp_path: Path, encoding: str, told: list[str], text: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"id,prediction\n1,{text}\n2,{text}\n".encode(encoding))
    reader = open_reader(path)
    assert reader.assumed == told
    assert [row["prediction"] for row in reader.preview()] == [text, text]
    assert [list(batch.columns["prediction"]) for batch in reader.batches()] == [[text, text]]


def test_a_person_may_say_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,prediction\n1,naïve\n".encode("cp850"))
    reader = open_reader(path, encoding="cp850")
    assert reader.preview() == [{"id": "1", "prediction": "naïve"}]
    with pytest.raises(UnreadableFile, match=r"not text in ascii .*; say which encoding it is in"):
        open_reader(path, encoding="ascii")


@pytest.mark.parametrize("name", ["big5", "shift_jis", "euc_kr"])
def test_other_encodings_of_the_east_are_told_apart_from_utf8(name: str) -> None:
    words = {"big5": "圖片裡有一隻貓，牠坐在桌子上。", "shift_jis": "写真には猫がいます。", "euc_kr": "사진에 고양이가 있습니다."}  # fmt: skip
    assert encoding_of((words[name] * 20).encode(name)) != "utf-8"


def test_a_few_broken_bytes_do_not_make_it_another_encoding() -> None:
    assert encoding_of(CHINESE.encode() + b"\xe9" + CHINESE.encode()) == "utf-8"
    assert encoding_of(b"plain") == "utf-8"
