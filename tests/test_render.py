"""What stands beside a figure or a table on a page."""

from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from lib.site import render

SVG = '<svg width="90pt" height="60pt" viewBox="0 0 90 60"></svg>'
ABOUT = {
    "name": "fig-x",
    "caption": "A caption",
    "alt": 'words with "quotation marks"',
    "csv": "a\n1\n",
    "function": "lib.show.figures.forest",
    "reconstructed": False,
    "columns": [{"label": "a", "align": "left"}],
    "rows": [["1"]],
    "note": None,
    "classes": [],
}


@pytest.fixture
def page(tmp_path) -> SimpleNamespace:
    return SimpleNamespace(app=SimpleNamespace(outdir=tmp_path), docname="chapters/page")


def shown(kind: str, about: dict, page) -> nodes.Element:
    document = new_document("page")
    if kind == "figure":
        return nodes.container("", *render.figure(SVG, about, page, document))
    return nodes.container("", *render.table(about, page, document))


@pytest.mark.parametrize("kind", ["figure", "table"])
def test_the_function_that_made_it_is_named_and_linked(kind, page):
    (link,) = shown(kind, ABOUT, page).findall(addnodes.pending_xref)
    assert (link["refdomain"], link["reftarget"]) == ("py", "lib.show.figures.forest")
    assert link.astext() == "figures.forest"


def test_each_cell_has_its_columns_heading_for_a_screen_on_which_rows_stack(page):
    columns = [{"label": label, "align": "left"} for label in ("Who", "How many")]
    found = shown("table", ABOUT | {"columns": columns, "rows": [["a", "3"], ["b", "4"]]}, page)
    heads = [
        part["before"] for part in found.findall(render.markup) if "cell-head" in part["before"]
    ]
    assert heads == ['<span hidden class="cell-head">How many</span>'] * 2
