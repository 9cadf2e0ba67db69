"""Simplified Chinese: complete, in step with the sources, compiled, and what the pages show."""

import ast
import gettext as gnu
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from annotations.science.suspicion.suspicion import INPUTS
from tests.annotations.audit_factories import (
    error_rows,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from triage.management.catalogues import compile_catalogues
from triage.models import Job, Role
from triage.runs.filters import selection_words
from triage.said import kept, reason, told
from triage.science.analysis.features import FEATURES
from triage.science.readers import UnreadableFile
from triage.science.readers.json_lines import JsonLinesReader
from triage.science.readers.parquet_file import ParquetReader
from triage.science.record.records import BY_NAME, FIELDS
from triage.science.record.scoring import RULES
from triage.science.store.browsing import GROUPINGS, SampleFilter
from triage.science.words import Sentence
from triage.templatetags.words import translated

FOLDER = Path("locale", "zh_Hans", "LC_MESSAGES")
CATALOGUE = Path(settings.BASE_DIR) / FOLDER
CHINESE = {"Accept-Language": "zh-hans"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|%%|\{\w*\}|</?\w+>")
GETTEXT = pytest.mark.skipif(
    not (shutil.which("xgettext") and shutil.which("msgfmt")), reason="GNU gettext is not here"
)


def entries(path: Path) -> dict[str, dict[str, str]]:
    """Every entry of a .po file but its header, by msgid; its flags under 'flags'."""
    found = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        parts = {"flags": ""}
        name = ""
        for line in block.strip().splitlines():
            if line.startswith("#"):
                parts["flags"] += line if line.startswith("#,") else ""
                continue
            keyword, quote, text = line.partition('"')
            name = keyword.strip() or name
            parts[name] = parts.get(name, "") + ast.literal_eval(quote + text)
        if parts.get("msgid"):
            found[parts["msgid"]] = parts
    return found


class Shown(HTMLParser):
    """The text of a page and of the attributes that people read or hear."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read = {"title", "alt", "aria-label", "placeholder", "data-key-name"}
        self.words += [
            value or "" for name, value in attrs if name in read or name.startswith("data-words")
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def shown(response) -> str:
    assert response.status_code == 200
    assert response.headers["Content-Language"] == "zh-hans"
    html = response.content.decode()
    assert '<html lang="zh-hans">' in html
    return " ".join(" ".join(Shown(html).words).split())


@pytest.fixture(autouse=True)
def english_again():
    """A request leaves its language behind in the thread."""
    with translation.override("en"):
        yield


@pytest.fixture
def audit():
    audit = make_audit(6)
    lead = make_member(audit.project, "lead")
    give_verdicts(audit, lead, ["match", "mismatch", "wrong_answer"])
    return audit


def test_every_entry_is_translated_and_none_is_fuzzy() -> None:
    for msgid, parts in entries(CATALOGUE / "django.po").items():
        said = [text for name, text in parts.items() if name.startswith("msgstr")]
        assert said, msgid
        assert all(said), msgid
        assert "fuzzy" not in parts["flags"], msgid


def test_placeholders_are_those_of_the_source() -> None:
    for msgid, parts in entries(CATALOGUE / "django.po").items():
        source = parts.get("msgid_plural", msgid)
        said = parts.get("msgstr", parts.get("msgstr[0]", ""))
        assert sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(source)), msgid


@GETTEXT
def test_the_catalogue_compiles_to_what_gettext_itself_makes_of_it(tmp_path) -> None:
    ours = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES"
    ours.mkdir(parents=True)
    shutil.copy(CATALOGUE / "django.po", ours)
    theirs = tmp_path / "django.mo"
    subprocess.run(
        ["msgfmt", "--check", "--output-file", theirs, CATALOGUE / "django.po"], check=True
    )

    assert compile_catalogues(tmp_path / "locale") == [ours / "django.mo"]
    assert compile_catalogues(tmp_path / "locale") == []
    os.utime(ours / "django.po", (2e9, 2e9))
    assert compile_catalogues(tmp_path / "locale") == [ours / "django.mo"]
    assert [path.name for path in sorted(ours.iterdir())] == ["django.mo", "django.po"]

    with (ours / "django.mo").open("rb") as new, theirs.open("rb") as reference:
        made, expected = (gnu.GNUTranslations(file)._catalog for file in (new, reference))
    made.pop(""), expected.pop("")
    assert made == expected
    assert len(made) > 500


@GETTEXT
def test_every_text_of_the_sources_is_in_the_catalogue(tmp_path) -> None:
    base = Path(settings.BASE_DIR)
    for name in ("annotations", "triage", "diagnostics", "templates", "static"):
        shutil.copytree(
            base / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.min.js")
        )
    shutil.copy(base / "manage.py", tmp_path)
    (tmp_path / FOLDER).mkdir(parents=True)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--no-wrap"],
        cwd=tmp_path,
        env={"SECRET_KEY": "messages", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )

    extracted = entries(tmp_path / FOLDER / "django.po")
    known = entries(CATALOGUE / "django.po")

    assert len(extracted) > 500
    assert sorted(set(extracted) - set(known)) == [], "run `make messages` and translate"
    assert sorted(set(known) - set(extracted)) == [], "run `make messages`"


def test_what_the_science_modules_say_is_known_to_gettext() -> None:
    readers = (JsonLinesReader, ParquetReader)
    said = {name.replace("_", " ") for name in GROUPINGS}
    for entries_of in (FIELDS, RULES.values(), readers, FEATURES, INPUTS):
        assert entries_of
        said |= {each.description for each in entries_of}
    said |= {each for feature in FEATURES for each in feature.needs} - set(BY_NAME)
    said |= {each.needs for each in INPUTS} - set(BY_NAME)

    assert sorted(said - set(entries(CATALOGUE / "django.po"))) == []


def test_steps_of_jobs_are_known_to_gettext() -> None:
    """A step is marked where it is said; trainers name arms and epochs, and stay as they are."""
    call = re.compile(r'progress\([^"\n]*?(\w+)\(\s*"([^"\n]+)"')
    bare = re.compile(r'progress\([^"\n()]*, f?"')
    known = entries(CATALOGUE / "django.po")
    said = set()
    for app in ("triage", "annotations", "diagnostics"):
        for path in Path(settings.BASE_DIR, app).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            said |= {words for _mark, words in call.findall(text)}
            if not {"training", "testbed", "demonstration"} & set(path.parts):
                assert bare.findall(text) == [], path

    assert {"Reading samples", "{n} rows read", "Measuring influence"} <= said
    assert sorted(said - set(known)) == []


def test_a_step_is_kept_as_what_it_is_made_of_and_said_in_the_readers_language() -> None:
    made = Sentence("{n} rows read", n=1200)
    assert made == "1,200 rows read"
    with translation.override("zh-hans"):
        assert translated(made) == "已读取 1,200 行"
        assert translated("Naming clusters") == "正在为簇命名"
        assert translated("batch 7 of 1,200") == "batch 7 of 1,200"
        assert translated("") == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (Sentence("{n} rows read", n=12), '{"words": "{n} rows read", "values": {"n": 12}}'),
        ("Naming clusters", "Naming clusters"),
        ("1,200 rows read", "1,200 rows read"),
        ("{n", "{n"),
        ('{"words": "{m}", "counts": {"n": 1}}', '{"words": "{m}", "counts": {"n": 1}}'),
    ],
)
def test_a_job_says_its_step_again_as_it_was_told(step: str, kept: str) -> None:
    job = Job.objects.create(kind="import", project=make_project_of())
    job.advance(0.5, step)
    job.refresh_from_db()

    assert job.step == kept
    assert job.stage == step
    assert getattr(job.stage, "values", None) == getattr(step, "values", None)


def test_a_selection_is_said_in_the_readers_language() -> None:
    chosen = SampleFilter(question_type=("counting",), clustering="a", cluster=(3, -1), text="red")

    english = "error samples with question type: counting; cluster: 3, unclustered; text: “red”"
    assert selection_words(chosen) == english
    assert selection_words(SampleFilter()) == "all error samples"
    assert selection_words(SampleFilter(errors_only=False)) == "all samples"
    assert selection_words(SampleFilter(positions=(4,))) == "error samples with 1 chosen sample"
    with translation.override("zh-hans"):
        assert selection_words(chosen) == (
            "错误样本（问题类型: counting; 簇: 3, 未归簇; 文本：“red”）"
        )


@pytest.mark.django_db
def test_the_sign_in_page_is_chinese(client) -> None:
    words = shown(client.get(reverse("account_login"), headers=CHINESE))

    assert "找出视觉语言模型出错的原因。" in words
    assert {"用户名", "密码", "登录"} <= set(words.split())
    for english in ("Sign in", "Username", "Password", "Skip to content", "Keyboard"):
        assert english not in words


@pytest.mark.django_db
def test_the_review_page_is_chinese(client) -> None:
    audit = make_audit(3)
    client.force_login(make_member(audit.project, "ann", Role.ANNOTATOR))

    words = shown(client.get(reverse("annotations:review", args=[audit.pk]), headers=CHINESE))

    for chinese in ("相符", "不匹配", "答案错误", "有歧义", "不确定", "无法使用", "参考答案"):
        assert chinese in words
    for english in ("mismatch", "wrong answer", "unsure", "Undo", "Later", "Comment", "saved"):
        assert english not in words


@pytest.mark.django_db
def test_the_noise_page_is_chinese(client, audit) -> None:
    client.force_login(make_member(audit.project, "lead"))

    words = shown(client.get(reverse("annotations:audit", args=[audit.pk]), headers=CHINESE))

    for chinese in ("噪声比例", "区间", "阈值", "抽检", "判定", "待判定", "全部错误样本"):
        assert chinese in words
    for english in (
        "noise",
        "Noise",
        "interval",
        "threshold of",
        "verdict",
        "established",
        "errors",
    ):
        assert english not in words


@pytest.mark.django_db
def test_the_pages_of_a_run_are_chinese(client) -> None:
    run = ingest_run(make_project_of(), error_rows(5, 2))
    client.force_login(make_member(run.project, "admin", Role.ADMIN))

    errors = reverse("triage:run-errors", args=[run.pk])
    pages = [
        reverse("triage:projects"),
        reverse("triage:project", args=[run.project.slug]),
        reverse("triage:members", args=[run.project.slug]),
        reverse("triage:run", args=[run.pk]),
        f"{errors}?question_type=counting",
        reverse("triage:sample", args=[run.pk, 0]),
        reverse("annotations:audit-new", args=[run.pk]),
        reverse("annotations:exports", args=[run.pk]),
    ]
    for page in pages:
        words = shown(client.get(page, headers=CHINESE))
        assert re.search("[\u4e00-\u9fff]", words)
        for english in ("sample ", "samples", "errors", " run ", "audit", "Audit", "verdict"):
            assert english not in words, (page, english)


def test_a_refusal_is_said_in_the_readers_language_and_kept_as_what_it_is_made_of() -> None:
    refused = UnreadableFile("{name}: the file is empty", name="猫.jsonl")
    assert str(refused) == "猫.jsonl: the file is empty"
    nested = Sentence("no row could be taken: {shown}", shown=refused.sentence)
    with translation.override("zh-hans"):
        assert reason(refused) == "猫.jsonl：文件是空的"
        assert translated(told(kept(nested))) == "没有一行可以导入：猫.jsonl：文件是空的"
        assert reason(ValueError("plain")) == "plain"
