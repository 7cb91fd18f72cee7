"""What all tests share: whoever runs them may have set what steers the book, or make itself."""

import os

from hypothesis import settings

# The same examples at every run, however slow the machine, so that a red run is a red run again.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

for name in ("COHORT", "DISCLOSURE", "OUT", "SITE_URL", "PYTHON", "MAKEFLAGS", "MAKELEVEL"):
    os.environ.pop(name, None)
