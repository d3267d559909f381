"""Every test here shares the workers of its file."""

from tests.pipeline.fixtures import _django_db_helper, yard

__all__ = ["_django_db_helper", "yard"]
