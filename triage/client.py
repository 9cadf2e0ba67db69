"""What people take out in Python: errors, verdicts, curated sets, figures, as data frames.

    from triage.client import Client
    here = Client("http://127.0.0.1:8000", token="…")     # a token of the account page
    errors = here.errors(run=1, question_type="counting")
    verdicts = here.verdicts(audit=3)

Every frame has typed columns (pandas' nullable types), also where it has no rows. Nothing here
knows Django: it talks to the REST API, and runs wherever pandas does.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

import pandas as pd

PAGE = 1000
SAMPLES = {
    "position": "Int64",
    "sample_id": "string",
    "image": "string",
    "question": "string",
    "answers": "object",
    "prediction": "string",
    "confidence": "Float64",
    "credit": "Float64",
    "is_error": "boolean",
}
VERDICTS = {
    "place": "Int64",
    "sample_id": "string",
    "position": "Int64",
    "cluster": "string",
    "gold": "boolean",
    "annotator": "string",
    "verdict": "string",
    "corrected_answer": "string",
    "comment": "string",
    "seconds": "Float64",
    "judged_at": "datetime64[us, UTC]",
}
FIGURES = {
    "measure": "string",
    "figure": "string",
    "value": "Float64",
    "low": "Float64",
    "high": "Float64",
    "unit": "string",
}
RUNS = {
    "id": "Int64",
    "name": "string",
    "samples": "Int64",
    "errors": "Int64",
    "refused": "Int64",
    "scoring": "string",
}


class Refused(RuntimeError):
    """The server refused; the message is its reason."""


class Client:
    """One server, by an account's token."""

    def __init__(self, address: str, token: str, *, timeout: float = 60.0) -> None:
        self.address = address.rstrip("/") + "/api/v1/"
        self.timeout = timeout
        self._headers = {"Authorization": f"Token {token}", "Accept": "application/json"}

    def runs(self, project: str) -> pd.DataFrame:
        """The runs of a project, newest first."""
        return _frame(self._pages(f"projects/{project}/runs/"), RUNS)

    def samples(self, run: int, **criteria: Any) -> pd.DataFrame:
        """All samples of a run, narrowed by the criteria of the error list (`split="test"`)."""
        return _frame(self._pages(f"runs/{run}/samples/", show="all", **criteria), SAMPLES)

    def errors(self, run: int, **criteria: Any) -> pd.DataFrame:
        """The error samples of a run, narrowed by the criteria of the error list."""
        return _frame(self._pages(f"runs/{run}/samples/", **criteria), SAMPLES)

    def verdicts(self, audit: int) -> pd.DataFrame:
        """The standing verdicts of an audit, one row each; an item without one is a row too."""
        rows = []
        for item in self._pages(f"audits/{audit}/items/"):
            own = {name: item.get(name) for name in ("place", "sample_id", "position", "gold")}
            own["cluster"] = None if item.get("cluster") is None else str(item["cluster"])
            said = item.get("verdicts") or [{}]
            rows += [{**own, **_vote(vote)} for vote in said]
        return _frame(rows, VERDICTS)

    def noise_ratio(self, audit: int) -> dict[str, Any]:
        """The noise ratio of an audit with everything beside it, as its page shows it."""
        return dict(self._get(f"audits/{audit}/noise-ratio/"))

    def figures(self, run: int) -> pd.DataFrame:
        """The figures of the newest diagnosis of a run, one row a figure, with its interval."""
        rows = []
        measures: Mapping[str, Any] = self._get(f"runs/{run}/diagnosis/")["measures"]
        for name, measure in measures.items():
            for figure in measure.get("figures", ()):
                value = figure.get("value") or {}
                rows.append({"measure": name, "figure": figure.get("name"), **value})
        return _frame(rows, FIGURES)

    def _pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        given = [(k, each) for k, v in query.items() for each in (v if _several(v) else [v])]
        address: str | None = f"{path}?{urlencode([*given, ('limit', PAGE)])}"
        while address:
            page = self._get(address)
            yield from page["results"]
            address = page.get("next")

    def _get(self, path: str) -> Any:
        whole = urljoin(self.address, path)
        if not whole.startswith(("http://", "https://")):
            raise ValueError(f"{self.address} is no address of a server")
        request = Request(whole, headers=self._headers)  # noqa: S310 (checked above)
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as problem:
            raise Refused(f"{problem.code}: {_detail(problem)}") from None


def read_curated(folder: str | Path) -> pd.DataFrame:
    """The training file of an exported curated set, as a frame; `weight` and `corrected` typed.

    Raises FileNotFoundError where the folder holds none.
    """
    for path in sorted(Path(folder).glob("train.*")):
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if path.suffix == ".csv":
            return pd.read_csv(path, keep_default_na=False, na_values=[""])
        if path.suffix == ".jsonl":
            return pd.read_json(path, lines=True, dtype=False)
    raise FileNotFoundError(f"{folder}: no train.parquet, train.csv or train.jsonl is in it")


def _vote(vote: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "annotator": vote.get("annotator"),
        "verdict": vote.get("kind"),
        "corrected_answer": vote.get("corrected_answer"),
        "comment": vote.get("comment"),
        "seconds": vote.get("seconds"),
        "judged_at": vote.get("created_at"),
    }


def _several(value: Any) -> bool:
    return isinstance(value, list | tuple | set)


def _frame(rows: Any, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Rows with the columns of `kinds` in their types; a value that is not there is missing."""
    listed = list(rows)
    columns = {}
    for name, kind in kinds.items():
        values = [row.get(name) for row in listed]
        if kind.startswith("datetime"):
            columns[name] = pd.Series(pd.to_datetime(values, utc=True, format="ISO8601"))
        else:
            columns[name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(columns)


def _detail(problem: HTTPError) -> str:
    try:
        said = json.load(problem)
    except ValueError:
        return str(problem.reason)
    return str(said.get("detail", said)) if isinstance(said, dict) else str(said)
