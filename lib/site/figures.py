"""Every figure of the book as a PNG for print: ``make figures``.

The chapters run as for the site, and each figure is saved a second time as it is drawn. What the
site leaves out is left out here.
"""

import os
import sys
from pathlib import Path

from nbformat import NotebookNode

from lib.patients import loading
from lib.patients.errors import InputError
from lib.site import conditional, notebooks


def main(folder: str) -> None:
    """Write the figures of the chosen cohort's book into a folder, at 300 dots an inch."""
    place = Path(folder).resolve()
    try:
        place.mkdir(parents=True, exist_ok=True)
        facts = conditional.facts(loading.load())
        os.environ["FIGURES"] = str(place)
        chapters = notebooks.run_all(strict=False)
    except OSError as error:
        sys.exit(f"{place} cannot be written: {error.strerror or error}")
    except InputError as error:
        sys.exit(str(error))
    drawn = _names(chapters)
    for notebook in chapters.values():
        conditional.keep_what_holds(notebook.cells, facts | conditional.glued(notebook))
    shown = _names(chapters)
    for name in drawn - shown:
        (place / f"{name}.png").unlink()
    print(f"{len(shown)} figures are in {place}")


def _names(chapters: dict[Path, NotebookNode]) -> set[str]:
    """The names of the figures of chapters that were run."""
    return {
        about["name"]
        for notebook in chapters.values()
        for about in notebooks.described(notebook)
        if "alt" in about
    }


if __name__ == "__main__":
    main(sys.argv[1])
