"""Set-up and supervision of a checkout: Python's standard library only, so that it runs before anything else.

Never imported by the site itself; `make` and `tests/conftest.py` are its callers.
"""
