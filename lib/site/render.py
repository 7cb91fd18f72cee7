"""How the site shows what a chapter's code displays, and its claims.

`lib.show.display` emits a figure or a table as a notebook output; here it becomes a numbered,
captioned part of the page that ``{numref}`` can refer to, with its files beside it.
"""

import re
import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from jinja2 import Environment, FileSystemLoader
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from lib.paper import derivations, ledger
from lib.show.display import DARK
from lib.words import capital

ROOT = Path(__file__).parent.parent.parent
SVG = "image/svg+xml"
TABLE = "application/vnd.book.table+json"
TOOL = "application/vnd.book.tool+json"
# Matplotlib draws in points, of which three are four pixels.
DRAWN_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
LONG_TEXT = 40
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
# Stands in the markup below for the address of the folder in which all pages have their files.
DOWNLOADS = "downloads-of-the-site:"

logger = logging.getLogger(__name__)


class markup(nodes.General, nodes.Inline, nodes.TextElement):
    """HTML that Sphinx has no node for: `before` and, if need be, `after` what is in the node.

    A page on which one with a `script` stands loads that script. One with a `path` links to a file
    of the page, which is there, below the downloads of the site.
    """


class MimePlugin:
    """Renders the kinds of output that `lib.show.display` emits, and leaves all others alone."""

    mime_priority_overrides = (("*", TABLE, 1), ("*", TOOL, 1))

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Node] | None:
        """The nodes of one output; None where it is not of these kinds."""
        markdown = renderer.renderer
        if data.mime_type == TABLE:
            return table(data.content, markdown.sphinx_env, markdown.document)
        if data.mime_type == TOOL:
            form = TEMPLATES.get_template("tool.html").render(data.content)
            return [markup(before=form, script="tools.js")]
        description = data.output_metadata.get(SVG, {}).get("book")
        if description and data.mime_type == SVG:
            return figure(data.string, description, markdown.sphinx_env, markdown.document)
        # Nothing of a figure's other forms: they would stay in the stored page and never be shown.
        return [] if description else None


# ------------------------------------------------------------------------ the files of a page


def _folder(env, docname: str) -> Path:
    """The folder of a page's files, which are written when the page is read."""
    return Path(env.app.outdir, "_downloads", docname)


def attach(env, name: str, content: str, text: str) -> markup:
    """A link that reads `text` to a new file of the page that is being read."""
    file = _folder(env, env.docname) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8", newline="\n")
    path = f"{env.docname}/{name}"
    return markup(
        "",
        text,
        before=f'<a class="attachment" href="{DOWNLOADS}/{path}" download>',
        after="</a>",
        path=path,
    )


def forget_files(app, env, docname: str) -> None:
    """Remove the files of a page before it is read again."""
    shutil.rmtree(_folder(env, docname), ignore_errors=True)


# -------------------------------------------------------------------------- figures and tables


def figure(svg: str, description: dict, env, document: nodes.document) -> list[nodes.Node]:
    """A numbered figure in a light and a dark version, with its caption and files."""
    name = description["name"]
    dark = re.sub("|".join(DARK), lambda color: DARK[color[0].lower()], svg, flags=re.IGNORECASE)
    width, height = (round(float(side) * 4 / 3) for side in DRAWN_SIZE.search(svg).groups())
    same = f'alt="{escape(description["alt"])}" width="{width}" height="{height}" loading="lazy"'
    light_file = attach(env, f"{name}.svg", svg, "SVG")
    path = DOWNLOADS + "/" + attach(env, f"{name}-dark.svg", dark, "")["path"]
    # The theme hides what follows an image of the other mode; in a span nothing follows it. Where
    # there are no style sheets, as in a browser's reading view, one of the two is enough.
    images = (
        f'<span><img class="only-light" src="{DOWNLOADS}/{light_file["path"]}" {same}>'
        f'<img hidden class="only-dark" src="{path}" {same}></span>'
    )
    node = nodes.figure(
        "",
        markup(before=images),
        nodes.caption("", description["caption"]),
        nodes.legend("", _files(env, description, light_file)),
        classes=["book-figure"] + ["reconstructed"] * description["reconstructed"],
        names=[name],
    )
    document.note_explicit_target(node, node)
    return [node]


def table(description: dict, env, document: nodes.document) -> list[nodes.Node]:
    """A numbered table with headed rows and columns, its note and its file."""
    columns = description["columns"]
    # On a phone each cell of a row shows its column's heading.
    heads = [""] + [column["label"] for column in columns[1:]]
    body = [nodes.row("", *map(_cell, cells, columns, heads)) for cells in description["rows"]]
    node = nodes.table(
        "",
        nodes.title("", description["caption"]),
        nodes.tgroup(
            "",
            *[nodes.colspec(colwidth=1, stub=not number) for number in range(len(columns))],
            nodes.thead("", nodes.row("", *[_cell(column["label"], column) for column in columns])),
            nodes.tbody("", *body),
            cols=len(columns),
        ),
        classes=["book-table", *description["classes"]]
        + ["reconstructed"] * description["reconstructed"],
        names=[description["name"]],
    )
    document.note_explicit_target(node, node)
    note = [nodes.paragraph("", description["note"])] if description["note"] else []
    foot = nodes.container("", *note, _files(env, description), classes=["table-foot"])
    region = markup(
        "",
        "",
        node,
        before='<div class="scroll-region" role="region" tabindex="0" '
        f'aria-label="{escape(description["caption"])}">',
        after="</div>",
        script="ledger.js" if "ledger" in description["classes"] else None,
    )
    return [region, foot]


def _cell(cell: str | dict, column: dict, head: str = "") -> nodes.entry:
    """A cell with its text, and where it has them a class, an explanation, a link to a section or
    to the documentation of a function, and a heading."""
    about = {"text": cell} if isinstance(cell, str) else cell
    content = nodes.Text(about["text"])
    for kind, role in {"target": "std:ref", "function": "py:func"}.items():
        if about.get(kind):
            content = reference(about["text"], about[kind], role)
    if about.get("title"):
        content = nodes.abbreviation("", "", content, explanation=about["title"])
    if about.get("class"):
        content = nodes.inline("", "", content, classes=about["class"].split())
    classes = [f"flush-{column['align']}"] + ["long"] * (len(about["text"]) > LONG_TEXT)
    heading = markup(before=f'<span hidden class="cell-head">{escape(head)}</span>')
    parts = [heading, content] if head else [content]
    return nodes.entry("", nodes.paragraph("", "", *parts), classes=classes)


def reference(text: str, target: str, role: str = "std:ref") -> addnodes.pending_xref:
    """A link to where a role of Sphinx's leads, anywhere in the book: a label, or for ``py:func``
    the documentation of a function of ``lib``, given its full name. Sphinx warns where there is no
    such target."""
    domain, kind = role.split(":")
    content = (
        nodes.literal("", text, classes=["made-by"]) if domain == "py" else nodes.inline("", text)
    )
    return addnodes.pending_xref(
        "",
        content,
        refdomain=domain,
        reftype=kind,
        reftarget=target,
        refexplicit=True,
        refwarn=True,
    )


def numbered_reference(label: str) -> addnodes.pending_xref:
    """A link to a figure or table of the book that reads as its number and caption."""
    kind = "Figure" if label.startswith("fig-") else "Table"
    return reference(kind + " {number}. {name}", label, "std:numref")


def _files(env, description: dict, *before: markup) -> nodes.paragraph:
    """The line below a figure or table: its files, and the function that made it."""
    data = attach(env, f"{description['name']}.csv", description["csv"], "CSV")
    function = description["function"]
    maker = reference(".".join(function.split(".")[-2:]), function, "py:func")
    return _line(*before, data, maker, classes=["files"])


def _line(*parts: nodes.Node, **options: list[str]) -> nodes.paragraph:
    spaced = [node for part in parts for node in (part, nodes.Text(" "))]
    return nodes.paragraph("", "", *spaced, **options)


def downloads(env, doctree: nodes.document, notebook: str) -> nodes.section:
    """The list of a page's files that ends it; `notebook` is the page as one."""
    links = {}
    for found in doctree.findall(markup):
        if "path" in found:
            links.setdefault(Path(found["path"]).stem, []).append(found.deepcopy())
    # Those of figures and tables that are left out.
    for file in _folder(env, env.docname).glob("*"):
        if file.stem.removesuffix("-dark") not in links:
            file.unlink()
    whole = _line(
        nodes.Text("This page as a notebook, with the outputs of this build:"),
        attach(env, f"{Path(env.docname).name}.ipynb", notebook, "IPYNB"),
        classes=["files"],
    )
    items = [
        nodes.list_item("", _line(numbered_reference(label), *found))
        for label, found in links.items()
    ]
    listed = markup(
        "",
        "",
        nodes.bullet_list("", *items),
        before='<details class="files"><summary>Its figures and tables, one by one</summary>',
        after="</details>",
    )
    return nodes.section(
        "",
        nodes.title("", "Downloads"),
        whole,
        *([listed] if items else []),
        ids=["page-downloads"],
        names=["page downloads"],
    )


# ------------------------------------------------------------------------------------- claims


class ClaimRole(SphinxRole):
    """{claim}`id`: the printed number, its verdict, and a link to the section that derives it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link, and a note that shows while the link is pointed at or has the focus."""
        verdicts = ledger.judge()
        if self.text not in verdicts.index and ledger.might_be_printed(self.text, verdicts):
            return [nodes.Text("(not printed)")], []
        if self.text not in verdicts.index:
            logger.warning(
                "there is no claim “%s” in data/published.csv",
                self.text,
                location=self.get_location(),
            )
            return [nodes.Text(self.text)], []
        claim = verdicts.loc[self.text]
        verdict = claim["verdict"]
        link = reference(claim["printed"], claim["target"])
        self.set_source_info(link)
        # The page's name, because all pages become one in print.
        note_id = nodes.make_id(f"{self.env.docname} claim {self.env.new_serialno('claim')}")
        derivation = derivations.of_claim(claim["section"], claim["quantity"], verdict)
        note = TEMPLATES.get_template("claim_note.html").render(
            verdict=capital(verdict), reason=capital(claim["reason"]), derivation=derivation
        )
        node = markup(
            "",
            "",
            link,
            nodes.inline("", f" ({verdict})", classes=["visually-hidden"]),
            before=f'<span class="claim claim-{verdict}" data-note="{note_id}">',
            after=f'<span class="claim-note" hidden role="tooltip" id="{note_id}"> {note}</span>'
            "</span>",
            script="claims.js",
        )
        return [node], []


def _visit_markup(self, node: markup) -> None:
    self.body.append(node["before"].replace(DOWNLOADS, self.builder.dlpath))


def _depart_markup(self, node: markup) -> None:
    self.body.append(node.get("after", ""))


# How the node is begun and ended.
MARKUP_AS_HTML = (_visit_markup, _depart_markup)
