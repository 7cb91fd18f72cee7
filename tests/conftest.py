"""What all tests share: whoever runs them may have pointed the book at another cohort."""

import os

for name in ("COHORT", "OUT"):
    os.environ.pop(name, None)
