"""Settings, all from the environment or `.env`; a bad value stops the start."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    environ.Env.read_env(BASE_DIR / ".env")

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Plain http is what a laptop and the demo speak; a deployment behind TLS sets HTTPS=on.
HTTPS = env.bool("HTTPS", default=False)

# Where files live: runs, evidence, thumbnails. A folder, or a bucket through fsspec.
DATA_ROOT = env.str("DATA_ROOT", default=str(BASE_DIR / "var" / "data"))
# Where uploads wait until they are imported: always a folder on this machine.
STAGING_FOLDER = env.str(
    "STAGING_FOLDER",
    default=str(BASE_DIR / "var" / "uploads" if "://" in DATA_ROOT else Path(DATA_ROOT, "uploads")),
)
# Folders on the server that leads may import from by path. Empty: uploads only.
IMPORT_FOLDERS = [Path(folder).resolve() for folder in env.list("IMPORT_FOLDERS", default=[])]
# One uploaded file, in bytes (predictions or an archive of images).
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", default=4 * 1024**3)
# Seconds an item stays reserved for the annotator who was shown it.
LEASE_SECONDS = env.int("LEASE_SECONDS", default=15 * 60)
# A worker that has not said a word for this long is reported as not running.
WORKER_SILENCE_SECONDS = 20


def _training_commands(stored: Any) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Names of training commands with their words, and with the factors that they see to.

    Raises ImproperlyConfigured for anything but an object of lists of words, or of objects
    `{"argv": words, "honours": factors}`.
    """
    if not isinstance(stored, dict):
        raise ImproperlyConfigured('TRAINING_COMMANDS is an object: {"name": ["program", "word"]}')
    commands, honours = {}, {}
    for name, entry in stored.items():
        if isinstance(entry, dict):
            if unknown := set(entry) - {"argv", "honours"}:
                raise ImproperlyConfigured(
                    f"TRAINING_COMMANDS: '{name}' has argv and honours, not {sorted(unknown)[0]!r}"
                )
            words, seen_to = entry.get("argv"), entry.get("honours", [])
        else:
            words, seen_to = entry, []
        if not (isinstance(seen_to, list) and all(isinstance(w, str) and w for w in seen_to)):
            raise ImproperlyConfigured(
                f"TRAINING_COMMANDS: honours of '{name}' is a list of factors"
            )
        if not (isinstance(words, list) and words and all(isinstance(w, str) for w in words)):
            raise ImproperlyConfigured(
                f"TRAINING_COMMANDS: '{name}' needs a list of words, the program first; "
                "no shell reads them"
            )
        if not name or not all(words):
            raise ImproperlyConfigured(f"TRAINING_COMMANDS: '{name}' has an empty word or name")
        commands[name], honours[name] = words, seen_to
    return commands, honours


# Trials of an experiment: side by side on this machine, or on a Ray cluster (extra `ray`).
COMPUTE_BACKEND = env.str("COMPUTE_BACKEND", default="local")
if COMPUTE_BACKEND not in ("local", "ray"):
    raise ImproperlyConfigured(f"COMPUTE_BACKEND is local or ray, not '{COMPUTE_BACKEND}'")
# How many at once. Their threads are divided so that the cores are not promised twice.
COMPUTE_JOBS = env.int("COMPUTE_JOBS", default=os.cpu_count() or 1)
if COMPUTE_JOBS < 1:
    raise ImproperlyConfigured(f"COMPUTE_JOBS is 1 or more, not {COMPUTE_JOBS}")
# host:port of the cluster's head; empty: a cluster of this machine alone.
RAY_ADDRESS = env.str("RAY_ADDRESS", default="")
# External training scripts that experiments may start, by name. Nobody types one in a page.
TRAINING_COMMANDS, TRAINING_COMMAND_HONOURS = _training_commands(
    env.json("TRAINING_COMMANDS", default={})
)
# Seconds that one trial of such a script may take.
TRAINING_COMMAND_SECONDS = env.float("TRAINING_COMMAND_SECONDS", default=6 * 3600)

INSTALLED_APPS = [
    "diagnostics",
    "annotations",
    "triage",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "rest_framework",
    "knox",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Closed by default: a view that needs no sign-in has to say so.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "triage.urls"
WSGI_APPLICATION = "triage.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "triage.projects.context.house",
            ]
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/var/db.sqlite3")}
# A connection per thread is kept; gunicorn's threads live as long as their process.
DATABASES["default"].setdefault("CONN_MAX_AGE", 600)
DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            # Writers queue at BEGIN instead of failing half-way with 'database is locked'.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # synchronous=FULL: an acknowledged verdict survives a power cut, not only a kill.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;"
            ),
        }
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": [],
    }
}

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "triage:projects"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "triage.projects.accounts.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "change_password": "5/m/user",
}
# allauth counts failed sign-ins in the cache: it has to be one that all processes share.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "triage.static_finders.BokehFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Uploads go to disk as they arrive, under the data root's own disk if it is a folder.
FILE_UPLOAD_HANDLERS = ["triage.imports.staging.CappedUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "Alignment Triage",
    "DESCRIPTION": "The same verbs as the pages and the command line.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "JobState": "triage.models.Job.State",
        "JobKind": "triage.models.kinds.choices",
        "AuditState": "annotations.models.Audit.State",
        "VerdictKind": "annotations.models.VerdictKind",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
