"""What all tests share: whoever runs them may have set what steers the book, or make itself."""

import os

for name in ("COHORT", "OUT", "PYTHON", "MAKEFLAGS", "MAKELEVEL"):
    os.environ.pop(name, None)
