"""Text that holds only in some case: the {when} directive, and the same in a notebook.

A block of a chapter such as ::

    :::{when} one_solution
    Only {glue:text}`occluded` occlusions allow all of them at once.
    :::

is shown where a cell of the same page has glued ``one_solution`` as true. ``not one_solution`` is
the other case, and ``one_solution and not example`` asks for both. Directives are read after the
page's cells have run, so the value is there. What is the same on every page of a book no cell has
to glue (``facts``). ::

    :::{rest-when} of_paper
    :::

says the same of all that follows in its section, tables and figures included. Where nothing else is
in the section, its heading goes too. A link to what is left out leads to what it was a part of.
"""

import ast
import copy
import math
import re
from collections.abc import Callable

import nbformat
from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue import GLUE_PREFIX, extract_glue_data_cell
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from lib.compatible import replication
from lib.paper import ledger, published, reconstruct
from lib.patients import disclosure
from lib.patients.cohort import Cohort
from lib.statistics import multivariate

TRUTH = {"True": True, "False": False}
BLOCK = re.compile(r"^(:{3,})\{when\} (.+)\n((?:.*\n)*?)\1[ \t]*$\n?", re.MULTILINE)
REST = re.compile(r"^(:{3,})\{rest-when\} (.+)\n\1[ \t]*$\n?", re.MULTILINE)
# Where a part of a text begins: at a heading, or where the rest of a section may be left out.
PART = re.compile(r"^(?=#+ |:{3,}\{rest-when\})", re.MULTILINE)
HEADING = re.compile("#+ ")
GLUED = re.compile(r"\{glue:text\}`([^`]+)`")
# What Markdown would take for something else than text.
MARKDOWN_SIGN = re.compile(r"[\\`*_\[\]$]|<(?=[A-Za-z/!?])")

logger = logging.getLogger(__name__)


def facts(cohort: Cohort) -> dict[str, str]:
    """What every page knows of its book: whether the cohort has a group or a factor of the paper
    (``comparable``), all that makes it the paper's (``of_paper``), and is the example cohort
    (``example``); whether its joint model is shown (``model_shown``) or withheld
    (``model_withheld``), or else cannot be fitted; and what it is called (``file``). As text, as a
    cell would glue it.
    """
    claims = reconstruct.original(published.read())
    withheld = disclosure.hides_model(cohort, cohort.factors)
    known = {
        "comparable": ledger.comparable(cohort, claims),
        "of_paper": replication.is_possible(cohort, claims),
        "example": cohort.is_example,
        "model_shown": not withheld and multivariate.fit(cohort).problem is None,
        "model_withheld": withheld,
        "file": cohort.name,
    }
    return {name: str(value) for name, value in known.items()}


def holds(condition: str, value_of: Callable[[str], str]) -> bool:
    """Whether a condition is true: a flag or "not" and a flag, or several of these with "and".

    `value_of` gives the text that was glued under a name. Raises ``ValueError`` where that text is
    neither True nor False.
    """
    for part in condition.split(" and "):
        flag = part.removeprefix("not ").strip()
        text = value_of(flag)
        if text not in TRUTH:
            raise ValueError(f"“{flag}” is “{text}”; a flag is True or False")
        if TRUTH[text] == part.startswith("not "):
            return False
    return True


def tell(notebook: nbformat.NotebookNode, of_book: dict[str, str]) -> None:
    """Let the text of a notebook that was run ask for the ``facts`` of its book, as if its first
    cell with code had glued them."""
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    # A page without code has no values, and so no text that asks for one.
    next(code, nbformat.v4.new_code_cell()).outputs += [
        nbformat.v4.new_output(
            "display_data",
            {f"{GLUE_PREFIX}text/plain": repr(text)},
            metadata={"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}},
        )
        for name, text in of_book.items()
    ]


def settle(notebook: nbformat.NotebookNode, title: str | None = None) -> None:
    """Leave in a notebook that was run only what holds, with the values glued by its cells, and of
    outputs only those that are seen; a title replaces its own."""
    values = {
        name: ast.literal_eval(value["data"]["text/plain"])
        # Of a copy, from which it takes them away.
        for cell in copy.deepcopy(notebook.cells)
        for name, value in extract_glue_data_cell(cell)
    }
    keep_what_holds(notebook.cells, values)
    if title:
        first = notebook.cells[0]
        first.source = re.sub("^# .*", lambda _: f"# {title}", first.source, count=1, flags=re.M)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                one for one in cell.outputs if "scrapbook" not in one.get("metadata", {})
            ]


def keep_what_holds(cells: list[nbformat.NotebookNode], values: dict[str, str]) -> None:
    """Leave in the text of cells only what holds, with the values glued by name. Of what is left
    out the code stays, without its outputs: later cells may use what it computes."""

    def shown(condition: str) -> bool:
        try:
            return holds(condition, values.__getitem__)
        except (KeyError, ValueError):
            # The page has warned of it and shows nothing.
            return False

    def value(role: re.Match) -> str:
        text = values.get(role[1])
        return role[0] if text is None else MARKDOWN_SIGN.sub(r"\\\g<0>", text)

    # The level of the heading, and that of the section whose rest is left out.
    level, left_out = 0, math.inf
    for cell in cells:
        if cell.cell_type == "code" and left_out < math.inf:
            cell.outputs = []
        if cell.cell_type != "markdown":
            continue
        kept = []
        for part in PART.split(cell.source + "\n"):
            if heading := HEADING.match(part):
                level = heading.end() - 1
                left_out = math.inf if level <= left_out else left_out
            elif (rest := REST.match(part)) and not shown(rest[2]):
                left_out = min(level, left_out)
                if kept and HEADING.match(kept[-1]) and "\n" not in kept[-1].strip():
                    kept.pop()  # nothing else is in the section
            if left_out == math.inf:
                kept.append(REST.sub("", part))
        text = BLOCK.sub(lambda block: block[3] if shown(block[2]) else "", "".join(kept))
        cell.source = GLUED.sub(value, text).strip("\n")


class When(SphinxDirective):
    """{when} `flag`, or {when} `not flag`: the text of the block, where that is so."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def shown(self) -> bool:
        """Whether it is so."""

        def value_of(flag: str) -> str:
            # A page without code has no cell that could have told it.
            if flag in self.env.app.facts:
                return self.env.app.facts[flag]
            return retrieve_glue_data(self.state.document, flag).data["text/plain"].strip("'")

        try:
            return holds(self.arguments[0], value_of)
        except (RetrievalError, ValueError) as error:
            about = self.name, self.arguments[0], error
            logger.warning("{%s} %s: %s", *about, location=self.get_location())
            return False

    def run(self) -> list[nodes.Node]:
        """The nodes of the block, or none."""
        return self.parse_content_to_nodes() if self.shown() else []


class left_out(nodes.Invisible, nodes.Element):
    """All that follows it in its section is left out."""


class RestWhen(When):
    """{rest-when} `flag`: what follows in the section, where that is so."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Nothing, or a sign that the rest is left out."""
        return [] if self.shown() else [left_out()]


class LeaveOut(SphinxTransform):
    """Take away what is left out. Its labels become those of what it was a part of."""

    # Before Sphinx collects labels and numbers, at 850 and later.
    default_priority = 840

    def apply(self) -> None:
        """Change the page."""
        while sign := next(self.document.findall(left_out), None):
            section = sign.parent
            gone = section.children[section.index(sign) :]
            if len(gone) == len(section) - 1:  # nothing but the title is left
                section, gone = section.parent, [section]
            for node in gone:
                section.remove(node)
            labeled = [part for node in gone for part in node.findall()]
            for label, identifier in self.document.nameids.items():
                if self.document.nametypes[label] and self.document.ids.get(identifier) in labeled:
                    section["ids"].append(identifier)
                    self.document.ids[identifier] = section
