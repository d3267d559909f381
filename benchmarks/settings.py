"""The site's settings, plus one address: the empty signed-in view that others are measured against."""

from config.settings import *  # noqa: F403 - settings are a namespace

ROOT_URLCONF = "benchmarks.urls"
