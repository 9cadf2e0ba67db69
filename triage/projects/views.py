"""Projects: the list, a new one, the overview, the members."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from triage.models import Job, Membership, Project, Role
from triage.models.kinds import IMPORT
from triage.projects import members
from triage.projects.access import membership_in, project_for
from triage.projects.forms import MemberForm, ProjectForm
from triage.requests import PageRequest


@require_GET
def projects(request: PageRequest) -> HttpResponse:
    """The projects of the person who asks; an only one opens at once."""
    found = list(Project.objects.of(request.user).annotate(runs_count=Count("runs", distinct=True)))
    own = Membership.objects.filter(user=request.user)
    memberships = {each.project_id: each for each in own}
    rows = [(project, memberships[project.pk]) for project in found]
    return render(request, "triage/projects/projects.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def project_new(request: PageRequest) -> HttpResponse:
    """Start a project; who starts it is its admin."""
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(Project.start(form.cleaned_data["name"], request.user))
    status = 422 if form.errors else 200
    return render(request, "triage/projects/project_new.html", {"form": form}, status=status)


@require_GET
def project(request: PageRequest, slug: str) -> HttpResponse:
    """The overview: audits for everyone, runs and imports for leads."""
    chosen = project_for(request.user, slug, Role.ANNOTATOR)
    membership = membership_in(request.user, chosen)
    context = {"project": chosen, "membership": membership, "leads": membership.may(Role.LEAD)}
    if context["leads"]:
        waiting = chosen.jobs.filter(kind=IMPORT.name).exclude(state=Job.State.DONE)
        context["runs"] = chosen.runs.select_related("created_by")
        context["imports"] = waiting.select_related("created_by")[:5]
        context["admins"] = membership.may(Role.ADMIN)
    return render(request, "triage/projects/project.html", context)


@require_http_methods(["GET", "POST"])
def project_members(request: PageRequest, slug: str) -> HttpResponse:
    """Who is in the project; admit somebody."""
    chosen = project_for(request.user, slug, Role.ADMIN)
    form = MemberForm(request.POST or None)
    password = name = ""
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["username"]
        try:
            _user, password = members.admit(chosen, name, Role(form.cleaned_data["role"]))
        except members.MemberRefused as reason:
            form.add_error("username", str(reason))
        else:
            messages.success(request, _("%(name)s is a member now.") % {"name": name})
            if not password:
                return redirect("triage:members", slug=slug)
            form = MemberForm()
    rows = chosen.memberships.select_related("user").order_by("user__username")
    context = {
        "project": chosen,
        "form": form,
        "rows": rows,
        "roles": Role.choices,
        "new_name": name,
        "new_password": password,
    }
    response = render(
        request, "triage/projects/members.html", context, status=422 if form.errors else 200
    )
    if password:
        response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["POST"])
def member_change(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Give a member another role, or show them out."""
    chosen = project_for(request.user, slug, Role.ADMIN)
    membership = get_object_or_404(Membership, project=chosen, pk=pk)
    wanted = request.POST.get("role", "")
    try:
        if wanted == "remove":
            members.remove(membership)
            messages.success(request, _("%(name)s left.") % {"name": membership.user})
        elif wanted in Role.values:
            members.change_role(membership, Role(wanted))
            messages.success(request, _("Role changed."))
    except members.MemberRefused as reason:
        messages.error(request, str(reason))
    return redirect("triage:members", slug=slug)
