"""Images of a run: checked, bounded, as WebP."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_GET

from triage.models import Run
from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.said import reason
from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import SIDES, image_key, read_run_image, rendition
from triage.science.store.store import DataRoot


@require_GET
def run_image(request: PageRequest, pk: int, path: str) -> HttpResponse:
    """A rendition of one image; `size` is thumb or view."""
    return image_of(request, run_for(request.user, pk), path)


def image_of(request: PageRequest, run: Run, path: str) -> HttpResponse:
    """The rendition, for someone who was let in already. Raises Http404."""
    folder = run.folder
    side = SIDES.get(request.GET.get("size", "view"), SIDES["view"])
    try:
        key = image_key(folder, run.image_root, path)
        tag = f'"{key[:32]}-{side}"'
        if request.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified()
        data = rendition(
            DataRoot(settings.DATA_ROOT),
            key,
            side,
            lambda: read_run_image(folder, run.image_root, path),
        )
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Http404 from None
    except (NotAPicture, OSError, ValueError) as problem:
        return HttpResponse(reason(problem), status=415, content_type="text/plain; charset=utf-8")
    return HttpResponse(
        data,
        content_type="image/webp",
        headers={"Cache-Control": "private, max-age=3600", "ETag": tag},
    )
