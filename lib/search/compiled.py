"""How the search is compiled, and where compiled code is kept."""

import hashlib
from pathlib import Path

import numba

FOLDER = Path(__file__).parent


def _kept_in() -> str:
    """A folder named after the text of all that is compiled.

    Left to itself numba compiles again only when a function's own file has changed, and goes on
    using old code of the functions that it calls.
    """
    texts = [path.read_bytes() for path in sorted(FOLDER.glob("*.py"))]
    text = b"".join(text for text in texts if b"@compiled" in text)
    return str(FOLDER.parents[1] / "_build" / "compiled" / hashlib.sha256(text).hexdigest()[:16])


def compiled(function):
    """Compile a function when it is first called.

    Division by zero gives an infinity or NaN, as in numpy: without a check before each division the
    compiler can make one instruction of several.
    """
    numba.config.CACHE_DIR = _kept_in()
    return numba.njit(cache=True, error_model="numpy")(function)
