"""Text that holds only in some case: the {when} directive.

A block of a chapter such as

    :::{when} one_solution
    Only {glue:text}`occluded` occlusions allow all of them at once.
    :::

is shown where a cell of the same page has glued `one_solution` as true. `not one_solution` is the other
case. Directives are read after the page's cells have run, so the value is there.
"""

from __future__ import annotations

from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

TRUTH = {"True": True, "False": False}

logger = logging.getLogger(__name__)


def holds(condition: str, value_of) -> bool:
    """Whether a condition, a flag or `not` and a flag, is true.

    `value_of` gives the text that was glued under a name. Raises `ValueError` where that text is neither
    True nor False.
    """
    flag = condition.removeprefix("not ").strip()
    text = value_of(flag)
    if text not in TRUTH:
        raise ValueError(f"“{flag}” is “{text}”; a flag is True or False")
    return TRUTH[text] != condition.startswith("not ")


class When(SphinxDirective):
    """{when} `flag`, or {when} `not flag`: the text of the block, where that is so."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        def value_of(flag: str) -> str:
            return retrieve_glue_data(self.state.document, flag).data["text/plain"].strip("'")

        try:
            shown = holds(self.arguments[0], value_of)
        except (RetrievalError, ValueError) as error:
            logger.warning("{when} %s: %s", self.arguments[0], error, location=self.get_location())
            return []
        if not shown:
            return []
        block = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, block)
        return block.children


def setup(app) -> None:
    """Make the directive known to Sphinx."""
    app.add_directive("when", When)
