"""Every figure of the book as a PNG for print: ``make figures``.

The chapters run as for the site, and each figure is saved a second time as it is drawn.
"""

import os
import sys
from pathlib import Path

import jupytext

from lib.patients import loading
from lib.patients.errors import InputError
from lib.site import notebooks


def main(folder: str) -> None:
    """Write the figures of the chosen cohort's book into a folder, at 300 dots an inch."""
    place = Path(folder).resolve()
    try:
        place.mkdir(parents=True, exist_ok=True)
        os.environ["COHORT"] = str(loading.load().path)
        os.environ["FIGURES"] = str(place)
        chapters = {chapter: jupytext.read(chapter) for chapter in notebooks.sources()}
        failures = notebooks.run(chapters, strict=False)
    except OSError as error:
        sys.exit(f"{place} cannot be written: {error.strerror or error}")
    except InputError as error:
        sys.exit(str(error))
    if failures:
        sys.exit("\n\n".join(failures.values()))
    print(f"{len(list(place.glob('*.png')))} figures are in {place}")


if __name__ == "__main__":
    main(sys.argv[1])
