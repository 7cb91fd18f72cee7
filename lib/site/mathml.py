"""Mathematics as MathML: LaTeX in the source, set by the browser itself, without a script or a font
of ours.
"""

from contextlib import suppress
from html import escape

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)


def _mathml(node: nodes.math | nodes.math_block, display: str) -> str:
    """LaTeX as MathML, which browsers set without a script."""
    latex = node.astext()
    with suppress(Exception):  # of whatever kind, it cannot set the formula
        # latex2mathml knows the outer name of this environment only, and takes ± for a variable.
        result = convert(latex.replace("{aligned}", "{align*}"), display=display)
        if "\\" not in result and ">&<" not in result:
            return result.replace("<mi>±</mi>", "<mo>±</mo>")
    logger.warning("cannot set this formula: %s", latex, location=node)
    return f"<code>{escape(latex)}</code>"


def write(self, node: nodes.math) -> None:
    """A formula in the text."""
    self.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def write_block(self, node: nodes.math_block) -> None:
    """A formula that stands alone, in which the keyboard can scroll."""
    begin = self.starttag(node, "div", CLASS="math", tabindex="0")
    self.body.append(f"{begin}{_mathml(node, 'block')}</div>\n")
    raise nodes.SkipNode
