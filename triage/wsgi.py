"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")
application = get_wsgi_application()
# Addresses pull in the pages and their libraries. Loaded here, once, before a process takes
# requests: otherwise the first person to reach each process waits for it at the sign-in page.
get_resolver().url_patterns  # noqa: B018
