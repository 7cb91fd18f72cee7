"""Text that holds only in some case: the {when} directive, and the same in a notebook.

A block of a chapter such as ::

    :::{when} one_solution
    Only {glue:text}`occluded` occlusions allow all of them at once.
    :::

is shown where a cell of the same page has glued ``one_solution`` as true. ``not one_solution`` is
the other case. Directives are read after the page's cells have run, so the value is there.
"""

import ast
import copy
import re
from collections.abc import Callable

import nbformat
from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue import extract_glue_data_cell
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

TRUTH = {"True": True, "False": False}
BLOCK = re.compile(r"^(:{3,})\{when\} (.+)\n((?:.*\n)*?)\1[ \t]*$\n?", re.MULTILINE)
GLUED = re.compile(r"\{glue:text\}`([^`]+)`")
# What Markdown would take for something else than text.
MARKDOWN_SIGN = re.compile(r"[\\`*_\[\]$]|<(?=[A-Za-z/!?])")

logger = logging.getLogger(__name__)


def holds(condition: str, value_of: Callable[[str], str]) -> bool:
    """Whether a condition, a flag or "not" and a flag, is true.

    `value_of` gives the text that was glued under a name. Raises ``ValueError`` where that text is
    neither True nor False.
    """
    flag = condition.removeprefix("not ").strip()
    text = value_of(flag)
    if text not in TRUTH:
        raise ValueError(f"“{flag}” is “{text}”; a flag is True or False")
    return TRUTH[text] != condition.startswith("not ")


def settle(notebook: nbformat.NotebookNode) -> None:
    """Leave in the text of a notebook that was run only what holds, with the values glued by its
    cells."""
    values = {
        name: ast.literal_eval(glued["data"]["text/plain"])
        # Of a copy, from which it takes them away.
        for cell in copy.deepcopy(notebook.cells)
        for name, glued in extract_glue_data_cell(cell)
    }

    def case(block: re.Match) -> str:
        try:
            return block[3] if holds(block[2], values.__getitem__) else ""
        except (KeyError, ValueError):
            # The page has warned of it and shows nothing.
            return ""

    def value(role: re.Match) -> str:
        text = values.get(role[1])
        return role[0] if text is None else MARKDOWN_SIGN.sub(r"\\\g<0>", text)

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = GLUED.sub(value, BLOCK.sub(case, cell.source + "\n")).strip("\n")


class When(SphinxDirective):
    """{when} `flag`, or {when} `not flag`: the text of the block, where that is so."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The nodes of the block, or none."""

        def value_of(flag: str) -> str:
            return retrieve_glue_data(self.state.document, flag).data["text/plain"].strip("'")

        try:
            shown = holds(self.arguments[0], value_of)
        except (RetrievalError, ValueError) as error:
            logger.warning("{when} %s: %s", self.arguments[0], error, location=self.get_location())
            return []
        return self.parse_content_to_nodes() if shown else []


def setup(app) -> None:
    """Make the directive known to Sphinx."""
    app.add_directive("when", When)
