"""Every figure of the book as a PNG for print: ``make figures``.

The chapters run as for the site, and each figure is saved a second time as it is drawn. What the
site leaves out is left out here.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from lib.patients import loading
from lib.patients.errors import InputError
from lib.site import conditional, notebooks
from lib.site.render import SVG


def main(folder: str) -> None:
    """Write the figures of the chosen cohort's book into a folder, at 300 dots an inch."""
    place = Path(folder).resolve()
    try:
        place.mkdir(parents=True, exist_ok=True)
        facts = conditional.facts(loading.load())
        os.environ["FIGURES"] = str(place)
        chapters = {chapter: jupytext.read(chapter) for chapter in notebooks.sources()}
        failures = notebooks.run(chapters, strict=False)
    except OSError as error:
        sys.exit(f"{place} cannot be written: {error.strerror or error}")
    except InputError as error:
        sys.exit(str(error))
    if failures:
        sys.exit("\n\n".join(failures.values()))
    drawn = _names(chapters.values())
    for notebook in chapters.values():
        conditional.settle(notebook, facts)
    shown = _names(chapters.values())
    for name in drawn - shown:
        (place / f"{name}.png").unlink()
    print(f"{len(shown)} figures are in {place}")


def _names(chapters: Iterable[NotebookNode]) -> set[str]:
    """The names of the figures of chapters that were run."""
    metadata = [one.get("metadata", {}) for each in chapters for one in notebooks.outputs(each)]
    return {about[SVG]["book"]["name"] for about in metadata if SVG in about}


if __name__ == "__main__":
    main(sys.argv[1])
