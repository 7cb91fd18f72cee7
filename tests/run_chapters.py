"""Runs the code of chapters in one process: `python tests/run_chapters.py [CHAPTER...]`, by default
all.
"""

import sys
from collections.abc import Iterator

import jupytext

from lib.site import notebooks


def run(names: list[str]) -> Iterator[tuple[str, dict]]:
    """Execute the code cells of each chapter; its name and the variables that it leaves behind."""
    for chapter in notebooks.sources():
        if not names or chapter.stem in names:
            variables: dict = {}
            for cell in jupytext.read(chapter).cells:
                if cell.cell_type == "code":
                    exec(compile(cell.source, chapter.name, "exec"), variables)
            yield chapter.stem, variables


if __name__ == "__main__":
    for name, _ in run(sys.argv[1:]):
        print(name)
