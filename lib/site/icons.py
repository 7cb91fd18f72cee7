"""The few icons that the pages show, in a small font of their own.

The theme would send every reader a script and a font with all of Font Awesome, which weigh more
than everything else of a page together.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
STYLE = "icons.css"
# The icons in the theme's templates; those in its style sheet are taken from there.
NAMES = [
    "angle-down",
    "angle-left",
    "angle-right",
    "arrow-up",
    "bars",
    "chevron-down",
    "circle-half-stroke",
    "list",
    "magnifying-glass",
    "moon",
    "sun",
]
PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
# A later face of the same name comes first; what it lacks is still taken from the theme's own.
FACE = '@font-face { font-family: "Font Awesome 6 Free"; font-weight: 900; src: url(data:font/woff;base64,%s); }\n'
SCRIPT = re.compile(r'\s*<script defer src="[^"]*/fontawesome\.js[^"]*"></script>')


def style() -> str:
    """A style sheet with a font of these icons; the same bytes at every build."""
    rules = (THEME / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    codes = [ord(sign) for sign in PRIVATE_USE.findall(rules)]
    for name in NAMES:
        code = re.search(rf'\.fa-{name}:before[^{{}}]*\{{content:"\\([0-9a-f]+)"\}}', rules)
        codes.append(int(code[1], 16))
    font = TTFont(
        THEME / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.ttf", recalcTimestamp=False
    )
    subsetter = Subsetter(Options(notdef_outline=True))
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    font.flavor = "woff"
    file = io.BytesIO()
    font.save(file)
    return FACE % base64.b64encode(file.getvalue()).decode()


def write(app) -> None:
    """Put the style sheet where the pages find it."""
    if app.builder.name == "html":
        folder = Path(app.outdir, "_static")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STYLE).write_text(style(), encoding="utf-8")
        app.add_css_file(STYLE)


def setup(app) -> None:
    """Connect the hook."""
    app.connect("builder-inited", write)
