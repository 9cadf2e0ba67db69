"""The pictures behind the rows of a material's regions, for trainers that look at pixels.

No Django here: it goes to the processes that train.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from diagnostics.science.experiments.design.material import Material
from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import decode, read_run_image
from triage.science.store.store import RunFolder

# What checkpoints look at is smaller still.
SIDE = 768


@dataclass(frozen=True)
class RegionPictures:
    """`paths`: by row of the regions, as the run names them; `image_root`: empty where the run
    carries its own pictures."""

    folder: RunFolder
    image_root: str
    paths: Mapping[int, str] = field(repr=False)

    @classmethod
    def of(cls, folder: RunFolder, image_root: str, material: Material) -> "RegionPictures":
        """Those of a run; a sample's picture is named in the run's files."""
        row_of = dict(zip(material.position.tolist(), material.image.tolist(), strict=True))
        paths: dict[int, str] = {}
        for part in folder.read_samples(["position", "image"]):
            named = zip(part["position"].to_pylist(), part["image"].to_pylist(), strict=True)
            for position, path in named:
                row = row_of.get(position, -1)
                if row >= 0 and path is not None:
                    paths[row] = path
        return cls(folder, image_root, paths)

    def path(self, row: int) -> Path | None:
        """Where the picture's file lies; None where it is not one on this machine."""
        name = self.paths.get(row)
        if name is None or not (self.image_root or self.folder.root.is_local):
            return None
        base = Path(self.image_root or self.folder.path("images")).resolve()
        target = (base / name).resolve()
        return target if target.is_relative_to(base) and target.is_file() else None

    def image(self, row: int) -> Image.Image | None:
        """The picture, RGB; None where it cannot be opened."""
        name = self.paths.get(row)
        if name is None:
            return None
        try:
            data = read_run_image(self.folder, self.image_root, name)
            return decode(data, SIDE).convert("RGB")
        except (OSError, NotAPicture):
            return None
