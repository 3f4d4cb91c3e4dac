"""Every setting of VaniAgent, from the environment.

One file for development, tests and production. `manage.py check` says what an operator got wrong.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF

from ops import embedded
from vaniagent.lib.logs import logging_settings
from vaniagent.staff.appearance import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))

# Where the embedded stack keeps its data, logs and keys, and where recordings go by default.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

# What `make run` wrote down about the stores it started; empty when the operator names their own.
_embedded = embedded.read(VAR_DIR)

# --- Core -------------------------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=_embedded.get("SECRET_KEY", ""))
# Earlier ones, whose secrets and links are still read; `manage.py rotatesecrets` seals stored secrets anew.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# The address customers reach us at; signed links in webhooks and answers begin with it.
PUBLIC_URL = env.str(
    "PUBLIC_URL", default=f"http://127.0.0.1:{env.int('PORT', default=int(_embedded.get('PORT', '8000')))}"
).rstrip("/")
# Behind TLS browsers are held to it, and cookies never travel without.
_is_https = PUBLIC_URL.startswith("https://")
CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_SECURE = _is_https
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if _is_https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=_is_https)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=_is_https)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_is_https)
# The header by which the proxy in front says that the client came by TLS; it must overwrite what clients send.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
# So many proxies in front add an address to X-Forwarded-For. 0: the header is a client's word, and not believed.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

INSTALLED_APPS = [
    "daphne",
    "unfold.apps.BasicAppConfig",
    "vaniagent.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "accounts",
    "webhooks",
    "billing",
    "agents",
    "calls",
    "dashboard",
]
# What a page passes through. Requests under /v1 leave at the first entry: what is added below never costs them anything.
MIDDLEWARE = [
    "vaniagent.lib.api.chain.ApiMiddleware",
    "vaniagent.lib.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "dashboard.static_files.StaticFilesMiddleware",
    "dashboard.middleware.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "dashboard.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.ReaderMiddleware",
    "dashboard.middleware.SocialLogInMiddleware",
    "dashboard.impersonation.ImpersonationMiddleware",
]
# What a request under /v1 passes through instead. Its entries know no process_view and the like: see vaniagent/lib/api/chain.py.
API_MIDDLEWARE = [
    "vaniagent.lib.api.middleware.RequestIdMiddleware",
    "vaniagent.lib.api.cors.CorsMiddleware",
    "vaniagent.lib.api.middleware.EnvelopeMiddleware",
    "accounts.middleware.RateLimitMiddleware",
    "vaniagent.lib.api.cors.PreflightMiddleware",
    "vaniagent.lib.api.middleware.BodyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "vaniagent.urls"
ASGI_APPLICATION = "vaniagent.asgi.application"
WSGI_APPLICATION = "vaniagent.wsgi.application"
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
                "csp.context_processors.nonce",
                "dashboard.context.site",
            ],
            # The staff's site is no application of its own: it is the admin's.
            "libraries": {"landmarks": "vaniagent.staff.landmarks"},
        },
    },
]
FORM_RENDERER = "dashboard.rendering.FormRenderer"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
LANGUAGE_CODE = "en"
# Of pages; /v1 speaks English. Words: `make messages`.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = _is_https
LOCALE_PATHS = [BASE_DIR / "locale"]
# Times in the staff's lists.
FORMAT_MODULE_PATH = ["vaniagent.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# `make run` collects here what it serves: compressed, and under names that change with their content.
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.static_files.Storage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Before that, files are looked for where the apps have them.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").exists()

# `console` for people, `json` for a log collector.
LOG_FORMAT = env.str("LOG_FORMAT", default="console")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_settings(log_format=LOG_FORMAT, level=LOG_LEVEL)

# --- Stores -----------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=_embedded.get("DATABASE_URL", "postgres://127.0.0.1:5432/vaniagent"))
}
# A database that vanishes without a word, because its host is gone or a firewall forgot us, is noticed within seconds: left
# alone, the kernel waits for a quarter of an hour. `DATABASE_URL` may say otherwise (`?connect_timeout=…`).
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    **DATABASES["default"].get("OPTIONS", {}),
}
REDIS_URL = env.str("REDIS_URL", default=_embedded.get("REDIS_URL", "redis://127.0.0.1:6379/0"))

# Connections that the web process keeps; 0 opens one a thread, as workers and commands want it. `vaniagent.asgi` sets it.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
if DATABASE_POOL_SIZE:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        # Who waited for so long is told to come back. Clients give up later than that, and then nobody reads the answer.
        "timeout": 5,
    }

# Counts tries to log in, and the like, over all web processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{env.str('BUS_PREFIX', default='vaniagent')}:cache",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

# --- Mail -------------------------------------------------------------------------------------------------------------

# Such as smtp+tls://user:password@smtp.example.com:587. Without one, mails are files below VAR_DIR, which nobody gets.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    globals().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 10
# Whom mails come from.
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="VaniAgent <vaniagent@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Pages ------------------------------------------------------------------------------------------------------------

# Whom readers of the plan page ask, and those whom something went wrong for; empty says nothing of them.
SALES_EMAIL = env.str("SALES_EMAIL", default="")
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="")
# Files (text or HTML) that stand for our own terms and privacy pages.
LEGAL_TERMS_FILE = env.str("LEGAL_TERMS_FILE", default="")
LEGAL_PRIVACY_FILE = env.str("LEGAL_PRIVACY_FILE", default="")
# Whether anybody may sign up; otherwise accounts are made by `manage.py createaccount`, and members are invited.
SIGN_UP_OPEN = env.bool("SIGN_UP_OPEN", default=True)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        # Chromium holds what a form leads to against this, too: topping up goes on at Stripe.
        "form-action": [SELF, "https://checkout.stripe.com"],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "manifest-src": [SELF],
        "media-src": [SELF, "blob:"],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "worker-src": [SELF, "blob:"],
        # What a browser refused becomes a line of the log: vaniagent/policy_reports.py.
        "report-uri": "/csp-report",
    }
}

# --- Logging in -------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "first_name", "last_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "dashboard.adapter.AccountAdapter"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _is_https else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_FORMS = {
    "add_email": "dashboard.forms.account.AddEmailForm",
    "change_password": "dashboard.forms.account.ChangePasswordForm",
    "login": "dashboard.forms.account.LoginForm",
    "reauthenticate": "dashboard.forms.account.ReauthenticateForm",
    "reset_password": "dashboard.forms.account.ResetPasswordForm",
    "reset_password_from_key": "dashboard.forms.account.ResetPasswordKeyForm",
    "set_password": "dashboard.forms.account.SetPasswordForm",
    "signup": "dashboard.forms.account.SignupForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
MFA_FORMS = {"authenticate": "dashboard.forms.account.AuthenticateForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "VaniAgent"
# Such as {"google": {"APPS": [{"client_id": "…", "secret": "…"}]}}, in JSON. Any provider of django-allauth's.
SOCIALACCOUNT_PROVIDERS = env.json("SOCIAL_LOGIN", default={})
SOCIALACCOUNT_ADAPTER = "dashboard.adapter.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
INSTALLED_APPS += [f"allauth.socialaccount.providers.{provider}" for provider in SOCIALACCOUNT_PROVIDERS]
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "dashboard.views.errors.csrf_failure"

# Whether the staff's pages open only to those who have set up a second factor.
STAFF_MUST_USE_TOTP = env.bool("STAFF_MUST_USE_TOTP", default=False)

# --- The API ----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ApiKeyAuthentication"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "vaniagent.lib.api.wire.OnlyJson",
    "DEFAULT_PAGINATION_CLASS": "vaniagent.lib.api.pages.LimitOffsetPages",
    "DEFAULT_PARSER_CLASSES": ["vaniagent.lib.api.wire.JsonParser"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["vaniagent.lib.api.wire.JsonRenderer"],
    "DEFAULT_SCHEMA_CLASS": "vaniagent.lib.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "vaniagent.lib.api.envelope.handle_exception",
    "UNAUTHENTICATED_USER": None,
}
# What `make docs` writes to docs/openapi.yaml, and /v1/openapi.json serves.
SPECTACULAR_SETTINGS = {
    "DESCRIPTION": "AI voice agents on the phone. The live feed, a WebSocket at /v1/ws, is described in docs/api/feed.md and /v1/asyncapi.json.",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AgentStatus": "agents.models.Agent.Status",
        "CallDirection": "calls.models.Call.Direction",
        "CallStatus": "calls.api.serializers.STATUSES",
        "DeliveryStatus": "webhooks.models.Delivery.Status",
        "EndedDeliveryStatus": "webhooks.api.serializers.ENDED_STATUSES",
        "EndpointStatus": "webhooks.models.Endpoint.Status",
        "EventType": "webhooks.event_types.NAMES",
        "PhoneLineKind": "calls.models.PhoneLine.Kind",
        "PhoneLineStatus": "calls.models.PhoneLine.Status",
        "Plan": "accounts.models.Plan",
        "Sentiment": "calls.models.Call.Sentiment",
        "Speaker": "calls.models.Turn.Speaker",
        "TopUpStatus": "billing.models.TopUp.Status",
        "TransactionKind": "billing.models.STATED_KINDS",
        "VoicemailAction": "agents.models.AgentVersion.VoicemailAction",
    },
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "vaniagent.lib.api.schema.complete",
        "vaniagent.openapi_examples.add_examples",
        "vaniagent.webhook_shapes.add_webhooks",
    ],
    "SCHEMA_PATH_PREFIX": "/v1",
    "SERVERS": [{"url": "https://api.vaniagent.com"}, {"url": "http://127.0.0.1:8000"}],
    "SORT_OPERATION_PARAMETERS": False,
    "TITLE": "VaniAgent",
    "VERSION": "1",
}

# --- Money ------------------------------------------------------------------------------------------------------------

# Credits (US dollars) a minute of conversation. An account may have its own price.
CALL_PRICE_PER_MINUTE = Decimal(env.str("CALL_PRICE_PER_MINUTE", default="0.10"))
# An account whose credits fall below this is told so; 0 tells nobody. An account may have its own threshold.
LOW_BALANCE_CREDITS = Decimal(env.str("LOW_BALANCE_CREDITS", default="1.00"))
# Credits that a new account starts with.
SIGN_UP_CREDITS = Decimal(env.str("SIGN_UP_CREDITS", default="5.00"))
# Stripe, by whose Checkout customers top up; without its two secrets nobody can.
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")

# --- Queue and live feed ----------------------------------------------------------------------------------------------

# What was dropped is found every few seconds; a round that comes late is worth nothing, and expires.
CELERY_BEAT_SCHEDULE = {
    "accounts-forget-old-answers": {
        "task": "accounts.tasks.forget_old_answers",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "billing-check-ledger": {
        "task": "billing.tasks.check_ledger",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3600},
    },
    "calls-expire-data": {"task": "calls.tasks.expire_data", "schedule": 3600.0, "options": {"expires": 3600}},
    "calls-reap": {"task": "calls.tasks.reap", "schedule": 5.0, "options": {"expires": 5}},
    "calls-begin-scheduled": {"task": "calls.tasks.begin_scheduled", "schedule": 1.0, "options": {"expires": 1}},
    "calls-work-batches": {"task": "calls.tasks.work_batches", "schedule": 2.0, "options": {"expires": 2}},
    "webhooks-tidy-up": {"task": "webhooks.tasks.tidy_up", "schedule": 60.0, "options": {"expires": 60}},
    "webhooks-deliver-due": {"task": "webhooks.tasks.deliver_due", "schedule": 1.0, "options": {"expires": 5}},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # In the order of `-Q`: a call that lost its worker goes before a new one.
    "queue_order_strategy": "priority",
    # Seconds of one wait for a message: a worker ends, or has room again, no sooner than a wait is over.
    "polling_interval": 0.2,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    # A Redis that stands still must not hold up the thread that queues. Far above `polling_interval`.
    "socket_timeout": 2,
    # Tasks are acknowledged as they start, so that this concerns only what a dead worker had just fetched.
    "visibility_timeout": 3600,
}
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
# A queue that is away must not hold a request: what could not be queued is stored, and swept up later.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1}
CELERY_TASK_ROUTES = {
    "accounts.tasks.*": {"queue": "upkeep"},
    "billing.tasks.check_ledger": {"queue": "upkeep"},
    "calls.tasks.expire_data": {"queue": "upkeep"},
    "calls.tasks.reap": {"queue": "upkeep"},
    "calls.tasks.begin_scheduled": {"queue": "upkeep"},
    "calls.tasks.work_batches": {"queue": "upkeep"},
    "calls.tasks.run_call": {"queue": "calls"},
    "webhooks.tasks.tidy_up": {"queue": "upkeep"},
    "webhooks.tasks.*": {"queue": "webhooks"},
}
CELERY_TIMEZONE = "UTC"
# A task that is fetched before a thread is free for it would die with a worker that had not begun it.
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}]},
    }
}

# Calls that one socket of the live feed may name, and sockets that an account may have open.
FEED_CALLS_PER_SOCKET = env.int("FEED_CALLS_PER_SOCKET", default=100)
FEED_SOCKETS_PER_ACCOUNT = env.int("FEED_SOCKETS_PER_ACCOUNT", default=100)

# --- Calls ------------------------------------------------------------------------------------------------------------

# Goes before every channel of the audio bus, so that two installations may share one Redis.
BUS_PREFIX = env.str("BUS_PREFIX", default="vaniagent")
# With so many conversations a calls worker takes no new calls; taking one over is never refused.
CALLS_PER_WORKER = env.int("CALLS_PER_WORKER", default=6)
# What live calls are given to end by themselves when a gateway is told to stop; what is left then is lost.
GATEWAY_DRAIN_SECONDS = env.float("GATEWAY_DRAIN_SECONDS", default=0.0)
GATEWAY_MAX_LEGS = env.int("GATEWAY_MAX_LEGS", default=60)
# Talks in browsers that a web process holds at once.
MEDIA_MAX_SOCKETS = env.int("MEDIA_MAX_SOCKETS", default=40)
# Opens private and loopback addresses to phone lines: for a trunk on the installation's own network.
PHONE_LINES_ALLOW_PRIVATE = env.bool("PHONE_LINES_ALLOW_PRIVATE", default=False)
# Phone lines that an account may have.
PHONE_LINES_MAX = env.int("PHONE_LINES_MAX", default=50)
# Files of all data of an account, for a week. Web processes and workers must both reach it.
EXPORTS_DIR = Path(env.str("EXPORTS_DIR", default=str(VAR_DIR / "exports")))
RECORDINGS_DIR = Path(env.str("RECORDINGS_DIR", default=str(VAR_DIR / "recordings")))
# Certificates of authorities that a trunk's TLS is held against.
SIP_CA_FILE = env.str("SIP_CA_FILE", default="/etc/ssl/certs/ca-certificates.crt")
# Where calls come in: on loopback beside the way out, or on one interface that they go out from too; empty: on the way out.
SIP_HOST = env.str("SIP_HOST", default="127.0.0.1")
SIP_PORT = env.int("SIP_PORT", default=5060)
# Where strangers reach kamailio in front of the gateways, such as udp:203.0.113.5:5060. Empty: there is none.
SIP_FRONT = env.list("SIP_FRONT", default=[])
SIP_FRONT_CERTIFICATE = env.str("SIP_FRONT_CERTIFICATE", default="")
SIP_FRONT_DIR = Path(env.str("SIP_FRONT_DIR", default=str(VAR_DIR / "sipfront")))
# Empty: SIP_HOST and SIP_PORT.
SIP_FRONT_GATEWAYS = env.list("SIP_FRONT_GATEWAYS", default=[])
# Where it speaks with gateways.
SIP_FRONT_INSIDE = env.str("SIP_FRONT_INSIDE", default="127.0.0.1:5080")
SIP_FRONT_KEY = env.str("SIP_FRONT_KEY", default="")
SIP_FRONT_PUBLIC_HOST = env.str("SIP_FRONT_PUBLIC_HOST", default="")
SIP_RTP_PORTS = env.str("SIP_RTP_PORTS", default="20000-29999")
# The speech process: Piper behind HTTP.
SPEECH_URL = env.str("SPEECH_URL", default=_embedded.get("SPEECH_URL", "http://127.0.0.1:8010"))
# For tests: another address that answers as Twilio's REST API does.
TWILIO_API_URL = env.str("TWILIO_API_URL", default="https://api.twilio.com")

# --- Voice ------------------------------------------------------------------------------------------------------------

# Who answers: `house` (embedded, grounded in the prompt) or `openai` (any endpoint that speaks its chat protocol).
LLM_PROVIDER = env.str("LLM_PROVIDER", default="house")
LLM_BASE_URL = env.str("LLM_BASE_URL", default="https://api.openai.com/v1")
LLM_API_KEY = env.str("LLM_API_KEY", default="")
LLM_MODEL = env.str("LLM_MODEL", default="gpt-4.1-mini")
# Speech recognition (`moonshine`, `faster-whisper`) and synthesis (`piper`, `flite`), the first that works.
STT_PROVIDERS = env.list("STT_PROVIDERS", default=["moonshine"])
TTS_PROVIDERS = env.list("TTS_PROVIDERS", default=["piper", "flite"])
# A directory with a whisper model in CTranslate2's layout; without it the model of an installed package.
WHISPER_MODEL_DIR = env.str("WHISPER_MODEL_DIR", default="")

# --- Webhooks ---------------------------------------------------------------------------------------------------------

# Opens loopback addresses and plain http to webhooks. For development only; `make run` sets it.
WEBHOOKS_ALLOW_PRIVATE = env.bool("WEBHOOKS_ALLOW_PRIVATE", default=_embedded.get("WEBHOOKS_ALLOW_PRIVATE") == "1")
# Endpoints that an account may have.
WEBHOOKS_MAX_ENDPOINTS = env.int("WEBHOOKS_MAX_ENDPOINTS", default=50)
# Programs of an account that may hear its webhooks over a socket at once.
WEBHOOKS_MAX_LISTENERS = env.int("WEBHOOKS_MAX_LISTENERS", default=10)
# Events and their deliveries are forgotten after so many days; by then all attempts are over.
WEBHOOKS_RETENTION_DAYS = env.int("WEBHOOKS_RETENTION_DAYS", default=30)
