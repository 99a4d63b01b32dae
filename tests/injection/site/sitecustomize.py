"""Imported by every Python process that finds this folder first: installs the refusals, where they are
asked for."""

import os

if os.environ.get("FITBOX_REFUSALS"):
    import refusals

    refusals.install(os.environ["FITBOX_REFUSALS"], os.environ["FITBOX_REFUSALS_ROOT"])
