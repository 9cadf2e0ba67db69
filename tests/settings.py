"""Settings of the test run: the product's own, with a throw-away database, data root and fast hasher."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only-not-a-secret")
# Gone when the process ends.
FOLDER = tempfile.TemporaryDirectory(prefix="alignment-triage-tests-", ignore_cleanup_errors=True)
os.environ.setdefault("DATA_ROOT", f"{FOLDER.name}/data")

from triage.settings import *  # noqa: E402, F403

DEBUG = False
ALLOWED_HOSTS = ["*"]
SECURE_SSL_REDIRECT = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# WhiteNoise warns of a folder that is not there.
STATIC_ROOT = f"{FOLDER.name}/static"
os.mkdir(STATIC_ROOT)
