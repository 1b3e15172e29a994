"""Settings of the portal, all read from the environment; every name is listed in .env.example.

Each variable can be given as NAME, or as NAME_FILE with the path of a file that holds the value (a mounted secret).
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import pghistory
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from teams.accounts.identities.provider import Provider

BASE_DIR = Path(__file__).resolve().parent.parent


class _Values(environ.fileaware_mapping.FileAwareMapping):  # type: ignore[misc]
    """The environment, with what stands in a file named by NAME_FILE, without the line end that editors put there."""

    def __getitem__(self, key: str) -> str:
        return str(super().__getitem__(key)).rstrip("\r\n")


class _Env(environ.FileAwareEnv):  # type: ignore[misc]
    ENVIRON = _Values()


env = _Env()

# --- What kind of portal this is -------------------------------------------------------------------------------------
# A demonstration shows a group's file as on the file's own date; its accounts' password stands on the sign-in page.
DEMONSTRATION = env.bool("DEMONSTRATION", default=False)
DEMONSTRATION_PASSWORD = "sample-harbor-2018"  # noqa: S105 - no secret: the sign-in page shows it
PORT = env.int("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}") if DEMONSTRATION else env.str("SITE_URL")
SITE_URL = SITE_URL.rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL must be a full address such as https://portal.example; it is {SITE_URL!r}")
IS_HTTPS = _site.scheme == "https"
SITE_NAME = env.str("SITE_NAME", default="E-Commerce Working Group Portal")
SHOW_GOVERNMENT_BANNER = env.bool("SHOW_GOVERNMENT_BANNER", default=False)

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = [_site.hostname, *env.list("ALLOWED_HOSTS", default=[])]
if DEMONSTRATION:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]

# --- The house -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "documents.papers",
    "documents.consultations",
    "documents.statement",
    "documents.library",
    "milestones.reminders",
    "milestones.meetings",
    "milestones.work",
    "teams.viewing",
    "teams.history",
    "teams.bodies",
    "teams.notices",
    "teams.accounts",
    "teams.clock",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "csp",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "ecomwg",  # last, so that its admin.py finds what the others have registered
]
MIDDLEWARE = [
    "ecomwg.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "teams.accounts.sessions.middleware.SessionLimitMiddleware",
    "teams.accounts.middleware.SecondFactorMiddleware",
    "teams.clock.middleware.ClockMiddleware",
    "teams.history.middleware.HistoryMiddleware",
    "teams.viewing.middleware.ViewingMiddleware",
    "teams.accounts.access.AccessMiddleware",
    "teams.accounts.middleware.VisitMiddleware",
]
ROOT_URLCONF = "ecomwg.urls"
WSGI_APPLICATION = "ecomwg.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["ecomwg.templatetags.portal"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ecomwg.shell.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database --------------------------------------------------------------------------------------------------------
# CONN_MAX_AGE stays 0: psycopg's pool keeps the connections, 1 to 4 a process.
DATABASES = {"default": env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=4), "timeout": 10},
    "connect_timeout": 5,
    "options": "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: the broker, and nothing that a page needs ----------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL")
CACHES = {"default": {"BACKEND": "teams.accounts.cache.KeepingCache", "LOCATION": "cache"}}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# A killed worker's message comes back after `visibility_timeout`; without the restore settings the broker's client
# looks for such messages only about every hundred seconds. The timeout is longer than any task may take.
CELERY_VISIBILITY_TIMEOUT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_VISIBILITY_TIMEOUT,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 10,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
# Beat only ticks: what is due is decided from the database. A tick that no worker took for a minute is void.
TICK_SECONDS = env.int("TICK_SECONDS", default=30)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "milestones.reminders.tasks.sweep",
        "schedule": TICK_SECONDS,
        "options": {"expires": 2 * TICK_SECONDS},
    },
    "send": {
        "task": "teams.notices.tasks.send_due",
        "schedule": TICK_SECONDS,
        "options": {"expires": 2 * TICK_SECONDS},
    },
    "seal": {
        "task": "teams.history.tasks.seal",
        "schedule": TICK_SECONDS,
        "options": {"expires": 2 * TICK_SECONDS},
    },
    "clear_sessions": {
        "task": "teams.accounts.tasks.clear_sessions",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
}

# --- Mail ------------------------------------------------------------------------------------------------------------
if DEMONSTRATION and not env.str("EMAIL_HOST", default=""):
    EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    EMAIL_HOST = ""
else:
    EMAIL_BACKEND = "teams.notices.smtp.SmtpBackend"
    EMAIL_HOST = env.str("EMAIL_HOST")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 20
EMAIL_SUBJECT_PREFIX = ""
DEFAULT_FROM_EMAIL = (
    env.str("DEFAULT_FROM_EMAIL", default=f"{SITE_NAME} <portal@example.test>")
    if DEMONSTRATION
    else env.str("DEFAULT_FROM_EMAIL")
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- People ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Shown before anybody signs in, who accepts it by signing in (NIST 800-53 AC-8); none where it is empty.
SYSTEM_USE_NOTICE = env.str(
    "SYSTEM_USE_NOTICE",
    default=(
        "This portal is for members of the working group, reviewers and partner agencies. What is done here is"
        " recorded, and the record may be read and handed on by those who answer for the portal. Use without"
        " authority is forbidden.\n\nThis is a demonstration: its people are made up."
        " A portal in use has its own notice here."
    )
    if DEMONSTRATION
    else "",
).replace("\\n", "\n")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "teams.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_TIMEOUT = 900
# A link that sets a password or confirms an address works for 24 hours, as NIST 800-63B asks of what is mailed.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_CHANGE_EMAIL = True
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# --- Second factor ---------------------------------------------------------------------------------------------------
# Fernet keys that the secrets of second factors are kept under: the first encrypts, all of them open.
MFA_KEYS = env.list("MFA_KEYS", default=[]) if DEMONSTRATION else env.list("MFA_KEYS")
if DEMONSTRATION and not MFA_KEYS:
    MFA_KEYS = [urlsafe_b64encode(sha256(f"second factor:{SECRET_KEY}".encode()).digest()).decode()]
try:
    _ = [Fernet(key) for key in MFA_KEYS]
except ValueError as error:
    raise ImproperlyConfigured("MFA_KEYS must be Fernet keys with commas between; .env.example says how") from error
if not MFA_KEYS:
    raise ImproperlyConfigured("MFA_KEYS is empty; .env.example says how to make a key")
# Whether government accounts and administrators set one up before they see anything else. Off in a demonstration unless
# it is asked for, so that one press opens each of its accounts; its sign-in page says so.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not DEMONSTRATION)
MFA_ADAPTER = "teams.accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "teams.accounts.forms.SetUpAuthenticatorAppForm",
    "add_webauthn": "teams.accounts.forms.AddPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 0  # a code that was used is remembered for one period, so that only one period may be accepted
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TRUST_ENABLED = False

# --- Identity provider: sign-in by OpenID Connect, off where no issuer is named --------------------------------------
IDENTITY_PROVIDER: Provider | None = None
if OIDC_ISSUER := env.str("OIDC_ISSUER", default=""):
    try:
        IDENTITY_PROVIDER = Provider(
            issuer=OIDC_ISSUER,
            client_id=env.str("OIDC_CLIENT_ID", default=""),
            private_key=env.str("OIDC_PRIVATE_KEY", default="").replace("\\n", "\n"),
            name=env.str("OIDC_NAME", default="Login.gov"),
            key_id=env.str("OIDC_KEY_ID", default=""),
            acr_values=tuple(env.str("OIDC_ACR_VALUES", default="").split()),
            second_factor_acrs=tuple(env.str("OIDC_SECOND_FACTOR_ACRS", default="").split()),
            algorithms=tuple(env.str("OIDC_SIGNING_ALGORITHMS", default="RS256").split()),
            form_origins=tuple(env.str("OIDC_FORM_ORIGINS", default="").split()),
        )
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from error

# --- Sessions, cookies, headers --------------------------------------------------------------------------------------
# How long a person may be away, and how long a session lasts at most; NIST 800-63B asks for 30 minutes and 12 hours.
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=30)
SESSION_IDLE_MINUTES_ADMINISTRATOR = env.int("SESSION_IDLE_MINUTES_ADMINISTRATOR", default=15)
SESSION_ABSOLUTE_HOURS = env.int("SESSION_ABSOLUTE_HOURS", default=12)
# How many days after a round of recertification was signed off the next one is due.
RECERTIFICATION_DAYS = env.int("RECERTIFICATION_DAYS", default=365)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_HOURS * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "ecomwg.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if IS_HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        # A form's answer may lead to the provider: Chromium follows every redirect of a form with this rule.
        "form-action": [SELF, *(IDENTITY_PROVIDER.origins if IDENTITY_PROVIDER else [])],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Files -----------------------------------------------------------------------------------------------------------
RUN_DIR = BASE_DIR / ".run"
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(RUN_DIR / "static"))
STATICFILES_DIRS = [path for path in (BASE_DIR / "static", BASE_DIR / ".assets") if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(RUN_DIR / "media"))

# --- Language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = env.str("PORTAL_TIME_ZONE", default="America/New_York")
USE_TZ = True
USE_I18N = False

# --- History ---------------------------------------------------------------------------------------------------------
PGHISTORY_APPEND_ONLY = True
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
PGHISTORY_ADMIN_CLASS = None

# --- Logs: one line a record on standard output, no personal data beyond the user's id -------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"addresses": {"()": "teams.accounts.addresses.WithoutSecretAddresses"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["addresses"],
            "stream": sys.stderr,
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django.server": {"handlers": ["console"], "propagate": False}},
}
