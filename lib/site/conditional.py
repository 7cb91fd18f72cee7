"""Text that holds only in some case: {when} blocks, on a page and in its notebook.

A block of a chapter such as ::

    :::{when} one_solution
    Only {glue:text}`occluded` occlusions allow all of them at once.
    :::

is shown where a cell of the same page has glued ``one_solution`` as true. ``not one_solution`` is
the other case, and ``one_solution and not example`` asks for both. A page is read after its cells
have run, so the value is there. What is the same on every page of a book no cell has to glue
(``facts``). ::

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
from myst_nb.ext.glue import GLUE_PREFIX, extract_glue_data_cell
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from lib.compatible import replication
from lib.paper import ledger, published, reconstruct
from lib.patients import disclosure
from lib.patients.cohort import Cohort
from lib.statistics import multivariate

TRUTH = {"True": True, "False": False}
BLOCK = re.compile(r"^(:{3,})\{when\} (.+)\n((?:.*\n)*?)\1[ \t]*$\n?", re.MULTILINE)
REST = re.compile(r"^(:{3,})\{rest-when\} (.+)\n\1[ \t]*$\n?", re.MULTILINE)
# In the place of {rest-when}, where it does not hold, a comment of Markdown.
LEFT_OUT = "the rest of the section is left out"
COMMENT = re.compile(f"^%(?: {LEFT_OUT})?\n", re.MULTILINE)
# Where a part of a text begins: at a heading, or where the rest of a section is left out.
PART = re.compile(f"^(?=#+ |% {LEFT_OUT})", re.MULTILINE)
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


def glued(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """The texts that the cells of a notebook that was run have glued, by name."""
    return {
        name: ast.literal_eval(value["data"]["text/plain"])
        # Of a copy, from which it takes them away.
        for cell in copy.deepcopy(notebook.cells)
        for name, value in extract_glue_data_cell(cell)
    }


def choose(text: str, values: dict[str, str], docname: str = "") -> str:
    """A text with those of its blocks that hold. All else of them becomes comments, line by line: a
    line keeps its number, and a list in a block stays one of its own. Of a page it is warned where
    a condition is none.
    """

    def shown(block: re.Match) -> bool:
        try:
            return holds(block[2], lambda flag: values.get(flag, "glued by no cell"))
        except ValueError as error:
            if docname:
                line = block.string.count("\n", 0, block.start()) + 1
                began = block[0].partition("\n")[0].strip(":")
                logger.warning("%s: %s", began, error, location=(docname, line))
            return False

    chosen = BLOCK.sub(
        lambda block: f"%\n{block[3]}%\n" if shown(block) else "%\n" * block[0].count("\n"), text
    )
    return REST.sub(lambda rest: "%\n%\n" if shown(rest) else f"% {LEFT_OUT}\n%\n", chosen)


def settle(notebook: nbformat.NotebookNode, title: str | None = None) -> None:
    """Leave in a notebook that was run only what holds, with the values glued by its cells, and of
    outputs only those that are seen; a title replaces its own."""
    keep_what_holds(notebook.cells, glued(notebook))
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
        for part in PART.split(choose(cell.source + "\n", values)):
            if heading := HEADING.match(part):
                level = heading.end() - 1
                left_out = math.inf if level <= left_out else left_out
            elif part.startswith(f"% {LEFT_OUT}"):
                left_out = min(level, left_out)
                if kept and HEADING.match(kept[-1]) and "\n" not in kept[-1].strip():
                    kept.pop()  # nothing else is in the section
            if left_out == math.inf:
                kept.append(COMMENT.sub("", part))
        cell.source = GLUED.sub(value, "".join(kept)).strip("\n")


class LeaveOut(SphinxTransform):
    """Take away what is left out. Its labels become those of what it was a part of."""

    # Before Sphinx collects labels and numbers, at 850 and later.
    default_priority = 840

    def apply(self) -> None:
        """Change the page."""
        while sign := next(
            (one for one in self.document.findall(nodes.comment) if LEFT_OUT in one.astext()), None
        ):
            section, place = sign.parent, sign.parent.index(sign)
            gone = section[place:]
            if all(isinstance(one, nodes.title | nodes.comment) for one in section[:place]):
                # nothing but the title is left
                section, gone = section.parent, [section]
            for node in gone:
                section.remove(node)
            labeled = [part for node in gone for part in node.findall()]
            for label, identifier in self.document.nameids.items():
                if self.document.nametypes[label] and self.document.ids.get(identifier) in labeled:
                    section["ids"].append(identifier)
                    self.document.ids[identifier] = section
