"""Static files that come with an installed package."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

SCRIPTS = ("bokeh.min.js", "bokeh-api.min.js")


class BokehStorage(FileSystemStorage):
    """A package's folder, whose files `collectstatic` puts under `bokeh/`."""

    prefix = "bokeh"


class BokehFinder(BaseFinder):
    """The two of Bokeh's scripts that the map needs: no CDN, no copy in the repository."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        spec = find_spec("bokeh")
        assert spec is not None
        assert spec.submodule_search_locations
        self.folder = Path(spec.submodule_search_locations[0], "server", "static", "js")
        self.storage = BokehStorage(location=self.folder)

    def find(self, path: str, find_all: bool = False, **more: Any) -> Any:
        """The file behind `bokeh/<script>`."""
        found = [str(self.folder / name) for name in SCRIPTS if path == f"bokeh/{name}"]
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        """What `collectstatic` takes."""
        for name in SCRIPTS:
            yield name, self.storage
