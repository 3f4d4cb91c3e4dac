"""Every setting of VaniAgent, from the environment.

One file for development, tests and production. `manage.py check` says what an operator got wrong.
"""

from __future__ import annotations

from pathlib import Path

import environ

from ops import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(str(BASE_DIR / ".env"))

# Where the embedded stack keeps its data, logs and keys, and where recordings go by default.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

# What `make run` wrote down about the stores it started; empty when the operator names their own.
_embedded = embedded.read(VAR_DIR)

# --- Core -------------------------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=_embedded.get("SECRET_KEY", ""))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# The address customers reach us at; signed links in webhooks and answers begin with it.
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}").rstrip("/")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "accounts",
    "webhooks",
    "billing",
    "agents",
    "calls",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
            ],
        },
    },
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"

# --- Stores -----------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=_embedded.get("DATABASE_URL", "postgres://127.0.0.1:5432/vaniagent"))
}
REDIS_URL = env.str("REDIS_URL", default=_embedded.get("REDIS_URL", "redis://127.0.0.1:6379/0"))

# --- Queue and live feed ----------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}

# --- Calls ------------------------------------------------------------------------------------------------------------

# Goes before every channel of the audio bus, so that two installations may share one Redis.
BUS_PREFIX = env.str("BUS_PREFIX", default="vaniagent")
RECORDINGS_DIR = Path(env.str("RECORDINGS_DIR", default=str(VAR_DIR / "recordings")))
# The speech process: Piper behind HTTP.
SPEECH_URL = env.str("SPEECH_URL", default=_embedded.get("SPEECH_URL", "http://127.0.0.1:8010"))

# --- Voice ------------------------------------------------------------------------------------------------------------

# Who answers: `house` (embedded, grounded in the prompt) or `openai` (any endpoint that speaks its chat protocol).
LLM_PROVIDER = env.str("LLM_PROVIDER", default="house")
LLM_BASE_URL = env.str("LLM_BASE_URL", default="https://api.openai.com/v1")
LLM_API_KEY = env.str("LLM_API_KEY", default="")
LLM_MODEL = env.str("LLM_MODEL", default="gpt-4.1-mini")
# Speech recognition (`moonshine`, `faster-whisper`) and synthesis (`piper`, `flite`), the first that works.
STT_PROVIDERS = env.list("STT_PROVIDERS", default=["moonshine"])
TTS_PROVIDERS = env.list("TTS_PROVIDERS", default=["piper", "flite"])

# --- Webhooks ---------------------------------------------------------------------------------------------------------

# Opens loopback addresses and plain http to webhooks. For development only; `make run` sets it.
WEBHOOKS_ALLOW_PRIVATE = env.bool("WEBHOOKS_ALLOW_PRIVATE", default=_embedded.get("WEBHOOKS_ALLOW_PRIVATE") == "1")
