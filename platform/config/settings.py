"""Every setting, in one file, read from a typed environment that fails loudly.

Nothing falls back silently: a missing `DATABASE_URL`, `REDIS_URL`, `SECRET_KEY` or `SIGNING_KEY` stops the start.
`make run` and `make test` set them for a laptop.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from desk.api_reference import REFERENCE
from desk.unfold import FRAME
from exports import proof
from webhooks import targets
from work import assist_endpoints

env = Env()
ROOT = Path(__file__).resolve().parents[2]

# --- Deployment -----------------------------------------------------------------------------------
DEBUG: bool = env.bool("DEBUG", False)
SECRET_KEY: str = env.str("SECRET_KEY")


def _origin(name: str, default: str) -> str:
    """An origin as browsers write it: it becomes part of policies and of comparisons, so nothing else will do."""
    origin = env.str(name, default)
    if not re.fullmatch(r"https?://(\[[0-9a-f:]+\]|[a-z0-9-]+(\.[a-z0-9-]+)*)(:[0-9]{1,5})?", origin):
        raise ImproperlyConfigured(
            f"{name} is {origin!r}. Write it as a browser does: https://name or https://name:port, in lower case, "
            "without a path or a slash at the end."
        )
    return origin


APP_ORIGIN: str = _origin("APP_ORIGIN", "http://localhost:8000")
PREVIEW_ORIGIN: str = _origin("PREVIEW_ORIGIN", "http://127.0.0.1:8000")
VAR_DIR = Path(env.str("VAR_DIR", str(ROOT / "var")))
HTTPS: bool = APP_ORIGIN.startswith("https://")


def _site(origin: str) -> str:
    """The last two labels of a host name: near enough to the registrable domain to refuse by."""
    host = urlsplit(origin).hostname or ""
    return host if host.replace(".", "").isdigit() else ".".join(host.split(".")[-2:])


def _same_site(one: str, other: str) -> bool:
    """Whether two origins share a registrable domain, as far as labels tell, or one's name is above the other's."""
    names = [f".{urlsplit(origin).hostname or ''}" for origin in (one, other)]
    return _site(one) == _site(other) or names[0].endswith(names[1]) or names[1].endswith(names[0])


if _same_site(APP_ORIGIN, PREVIEW_ORIGIN):
    raise ImproperlyConfigured(
        f"PREVIEW_ORIGIN ({PREVIEW_ORIGIN}) is on the same site as APP_ORIGIN ({APP_ORIGIN}). Untrusted code "
        "must run on another registrable domain: set PREVIEW_ORIGIN to one that shares no parent domain."
    )

if HTTPS and not PREVIEW_ORIGIN.startswith("https://"):
    raise ImproperlyConfigured(
        "APP_ORIGIN is https, so PREVIEW_ORIGIN must be too: browsers load no frame else."
    )
if HTTPS and DEBUG:
    raise ImproperlyConfigured("DEBUG shows code and settings to visitors: it is not for a site on https.")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY is shorter than 32 characters: sessions and blind sides hang on it."
    )

APP_HOST = urlsplit(APP_ORIGIN).netloc
PREVIEW_HOST = urlsplit(PREVIEW_ORIGIN).netloc
# The preview host is answered before any of this (web.hosts): the application does not know it.
ALLOWED_HOSTS = [urlsplit(APP_ORIGIN).hostname or ""]
CSRF_TRUSTED_ORIGINS = [APP_ORIGIN]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
CODE_VERSION = "0.1.0"


def _release_key(name: str, text: str) -> bytes:
    """A key of releases. Its value is repeated nowhere."""
    try:
        return proof.key_of(text)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} {error}. `openssl rand -base64 32` makes a private one."
        ) from None


# Signs certificates of releases. Public keys that signed older releases are still told to whoever asks.
SIGNING_KEY: bytes = _release_key("SIGNING_KEY", env.str("SIGNING_KEY"))
_BEFORE: list[str] = env.list("SIGNING_KEYS_BEFORE", [])
PUBLIC_KEYS: list[bytes] = list(
    dict.fromkeys(
        [proof.public_of(SIGNING_KEY), *(_release_key("SIGNING_KEYS_BEFORE", each) for each in _BEFORE)]
    )
)

# --- Rooms ----------------------------------------------------------------------------------------
ROOMS = [
    "core", "people", "protect", "ledger", "catalog", "work", "checks", "review", "arena", "exports", "webhooks",
]  # fmt: skip
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "desk.admin_app.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    *ROOMS,
    "desk",
    "web",
]

MIDDLEWARE = [
    "web.hosts.SplitHosts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "web.problems.ProblemMiddleware",
    "web.zones.TimeZoneMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.navigation.navigation",
            ]
        },
    }
]

# --- Data -----------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {"default": env.dj_db_url("DATABASE_URL")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database: it is the only dialect spoken here."
    )
DATABASES["default"].update(
    CONN_MAX_AGE=0,  # A pool per process: new connections cost nine tenths of the throughput.
    CONN_HEALTH_CHECKS=True,  # One round trip: nobody is handed a connection that died with its server.
    OPTIONS={
        "pool": {
            "min_size": env.int("DB_POOL_MIN", 1),
            "max_size": env.int("DB_POOL_MAX", 16),
            **dict.fromkeys(("timeout", "reconnect_timeout"), 5),  # Longer, and a restart is noticed late.
        },
        "application_name": "hillclimb",
        "prepare_threshold": 1_000_000,  # Only what asks for it is prepared: a claim.
    },
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL: str = env.str("REDIS_URL")
# Only sign-in counts in here: in the database, so that the limits hold for all workers and outlive them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "people_throttle",
        # What has expired goes first; so many live counts are never cut short to make room.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # What is cheap to make again, for each process by itself.
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR_DIR / "media")))
RELEASE_ROOT = Path(env.str("RELEASE_ROOT", str(VAR_DIR / "releases")))
# Behind a proxy that knows X-Accel-Redirect: the place that it maps to RELEASE_ROOT, such as /releases-inside/.
ACCEL_PREFIX: str = env.str("ACCEL_PREFIX", "")
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
BUILD_DIR = ROOT / "static" / "build"
STATICFILES_DIRS = [ROOT / "static"] if (ROOT / "static").exists() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
IMPORT_MAX_BYTES: int = env.int("IMPORT_MAX_BYTES", 2 * 1024**3)  # of a file sent by the API

# --- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", "none")
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
# Behind a proxy every address is the proxy's: count by the one it saw, the last of X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXIES", 1 if env.bool("BEHIND_PROXY", False) else 0)
ACCOUNT_ADAPTER = "people.sign_up.AccountAdapter"
SIGN_UP_OPEN: bool = env.bool("SIGN_UP_OPEN", False)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# Where no address is ever verified, a second factor cannot wait for it.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "none"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Without a server, mail is printed to the log, and nobody is promised any.
EMAIL_HOST: str = env.str("EMAIL_HOST", "")
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
EMAIL_PORT: int = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER: str = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD: str = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS: bool = env.bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", f"hillclimb@{urlsplit(APP_ORIGIN).hostname}")
MAIL_NOTICES: bool = bool(EMAIL_HOST)

# --- Security -------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        # CodeMirror sets styles from script; style text cannot reach another origin under this policy.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "frame-src": [PREVIEW_ORIGIN],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Jobs -----------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
SWEEP_SECONDS: int = env.int("SWEEP_SECONDS", 15)
# A check holds its run this long: three pages at 25 s each, a browser started anew, and room for a slow disk.
CHECK_LEASE_SECONDS = 120
# A ring normally arrives within milliseconds; the sweep only helps the ones that did not.
RING_AGAIN_SECONDS: int = env.int("RING_AGAIN_SECONDS", 10)

# --- The in-task model ----------------------------------------------------------------------------
# Which endpoint answers for which target model: named here by the operator, and by nobody else.
try:
    ASSIST_ENDPOINTS = assist_endpoints.parse(env.str("ASSIST_ENDPOINTS", ""), os.environ)
    # One more, of a model that judges: it triages and never decides. Off unless named here.
    JUDGE_ENDPOINT = assist_endpoints.parse_one(env.str("JUDGE_ENDPOINT", ""), os.environ)
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None
# How many answers a web process relays at once; each holds one of its threads, so that half are always free.
ASSIST_STREAMS: int = env.int("ASSIST_STREAMS", max(1, env.int("WEB_THREADS", 8) // 2))
ASSIST_PER_MINUTE: int = env.int("ASSIST_PER_MINUTE", 6)
JUDGE_PER_DAY: int = env.int("JUDGE_PER_DAY", 1_000)
if min(ASSIST_STREAMS, ASSIST_PER_MINUTE, JUDGE_PER_DAY) < 1:
    raise ImproperlyConfigured("ASSIST_STREAMS, ASSIST_PER_MINUTE and JUDGE_PER_DAY are at least 1.")

# --- Webhooks -------------------------------------------------------------------------------------
# Where news may be sent: addresses, and whatever lies below them. Empty: nowhere. Hosts in private networks only where
# the network is named too.
try:
    WEBHOOK_TARGETS = targets.parse_allowed(env.str("WEBHOOK_TARGETS", ""))
    WEBHOOK_PRIVATE_NETWORKS = targets.parse_networks(env.str("WEBHOOK_PRIVATE_NETWORKS", ""))
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "exports.token_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["web.strict_parser.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "EXCEPTION_HANDLER": "web.problems.api_exception",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = REFERENCE

# --- Figures for Prometheus: told to whoever has the token, to nobody where there is none -----------
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 24:
    raise ImproperlyConfigured(
        "METRICS_TOKEN is shorter than 24 characters: whoever guesses it reads the figures."
    )

# --- Language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- Logs -----------------------------------------------------------------------------------------
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            # Plain: the default prints the local variables, and with them passwords and tokens.
            "processor": structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
            if DEBUG
            else structlog.processors.JSONRenderer(),
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING")},
}

# --- Look of the admin ----------------------------------------------------------------------------
UNFOLD: dict[str, Any] = {
    **FRAME,
    "SITE_TITLE": "Hillclimb",
    "SITE_HEADER": "Hillclimb",
    "SITE_SUBHEADER": "Project desk",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    # As on the site: this browser's choice, else the person's.
    "THEME": "web.navigation.theme_of",
    "DASHBOARD_CALLBACK": "desk.home.dashboard",
    "COLORS": {
        "base": {
            "50": "#f7f8f7", "100": "#eef0ef", "200": "#dfe3e1", "300": "#c8cecb", "400": "#98a19d",
            "500": "#626c67", "600": "#515a56", "700": "#3c4441", "800": "#262c2a", "900": "#181d1b", "950": "#0f1312",
        },
        "primary": {
            "50": "#eff8f4", "100": "#d8eee4", "200": "#b3dccb", "300": "#81c3a9", "400": "#4ea383",
            "500": "#2f8768", "600": "#1f6d53", "700": "#1a5844", "800": "#174638", "900": "#143a2f", "950": "#0a211b",
        },
    },
}  # fmt: skip
