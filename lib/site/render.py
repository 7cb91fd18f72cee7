"""How the site shows what a chapter's code displays, and its claims.

`lib.show.display` emits a figure or a table as a notebook output; here it becomes a numbered,
captioned part of the page that `{numref}` can refer to, with its files beside it.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

SVG = "image/svg+xml"
TABLE = "application/vnd.book.table+json"
TOOL = "application/vnd.book.tool+json"
PIXELS_PER_POINT = 4 / 3
LONG_TEXT = 40

logger = logging.getLogger(__name__)


class attachment(nodes.General, nodes.Inline, nodes.TextElement):
    """A link to a file of the page: `path` below the site's downloads, and its `content`."""


class picture(nodes.General, nodes.Inline, nodes.Element):
    """An image of the page: like an attachment, with `alt`, `width`, `height` and its `dark`
    counterpart.
    """


class scroll_region(nodes.General, nodes.Element):
    """A part that scrolls sideways by itself, reachable from the keyboard; `label` says what it is."""


class header_cell(nodes.entry):
    """A table's cell that heads its row or column (`scope`)."""


class explained(nodes.General, nodes.Inline, nodes.TextElement):
    """A link, and after it a `note` that shows while the link is pointed at or has the focus.

    `note_id` is the note's own id, by which the link names it as its description.
    """


class tool(nodes.General, nodes.Element):
    """A form that a script answers; `content` is what `lib.show.display.tool` was given."""


class MimePlugin:
    """Renders the kinds of output that `lib.show.display` emits; leaves all others to the defaults."""

    mime_priority_overrides = (("*", TABLE, 1), ("*", TOOL, 1))

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Node] | None:
        markdown = renderer.renderer
        if data.mime_type == TABLE:
            return table(data.content, markdown.sphinx_env.docname, markdown.document)
        if data.mime_type == TOOL:
            return [tool(content=data.content)]
        description = data.output_metadata.get(SVG, {}).get("book")
        if description and data.mime_type == SVG:
            return figure(data.string, description, markdown.sphinx_env.docname, markdown.document)
        # Nothing of a figure's other forms: they would stay in the stored page and never be shown.
        return [] if description else None


def figure(svg: str, description: dict, docname: str, document: nodes.document) -> list[nodes.Node]:
    """A numbered figure in a light and a dark version, with its caption and files."""
    from lib.show.display import DARK

    name, page = description["name"], f"{docname}/{description['name']}"
    dark = re.sub("|".join(DARK), lambda color: DARK[color[0].lower()], svg, flags=re.IGNORECASE)
    width, height = _pixels(svg)
    node = nodes.figure(
        "",
        picture(
            path=f"{page}.svg",
            content=svg,
            dark=dark,
            alt=description["alt"],
            width=width,
            height=height,
        ),
        nodes.caption("", description["caption"]),
        nodes.legend("", _files(page, {"svg": svg, "csv": description["csv"]})),
        classes=["book-figure"] + ["reconstructed"] * description["reconstructed"],
    )
    _label(node, name, document)
    return [node]


def table(description: dict, docname: str, document: nodes.document) -> list[nodes.Node]:
    """A numbered table with headed rows and columns, its note and its file."""
    columns = description["columns"]
    head = nodes.row(
        "", *[_cell(header_cell(scope="col"), column["label"], column) for column in columns]
    )
    body = []
    for cells in description["rows"]:
        kinds = [header_cell(scope="row"), *[nodes.entry() for _ in cells[1:]]]
        body.append(nodes.row("", *map(_cell, kinds, cells, columns)))
    node = nodes.table(
        "",
        nodes.title("", description["caption"]),
        nodes.tgroup(
            "",
            *[nodes.colspec(colwidth=1, stub=not number) for number in range(len(columns))],
            nodes.thead("", head),
            nodes.tbody("", *body),
            cols=len(columns),
        ),
        classes=["book-table", *description["classes"]]
        + ["reconstructed"] * description["reconstructed"],
    )
    _label(node, description["name"], document)
    foot = nodes.container("", classes=["table-foot"])
    if description["note"]:
        foot += nodes.paragraph("", description["note"])
    foot += _files(f"{docname}/{description['name']}", {"csv": description["csv"]})
    return [scroll_region("", node, label=description["caption"]), foot]


def _cell(entry: nodes.entry, cell: str | dict, column: dict) -> nodes.entry:
    """A cell with its text, and where it has them a class, an explanation and a link."""
    about = {"text": cell} if isinstance(cell, str) else cell
    content = (
        reference(about["text"], about["target"])
        if about.get("target")
        else nodes.Text(about["text"])
    )
    if about.get("title"):
        content = nodes.abbreviation("", "", content, explanation=about["title"])
    if about.get("class"):
        content = nodes.inline("", "", content, classes=about["class"].split())
    entry["classes"] += [f"flush-{column['align']}"] + ["long"] * (len(about["text"]) > LONG_TEXT)
    entry += nodes.paragraph("", "", content)
    return entry


def reference(text: str, label: str) -> addnodes.pending_xref:
    """A link to a label anywhere in the book; Sphinx warns where there is no such label."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", text),
        refdomain="std",
        reftype="ref",
        reftarget=label,
        refexplicit=True,
        refwarn=True,
    )


def numbered_reference(label: str) -> addnodes.pending_xref:
    """A link to a figure or table of the book that reads as its number and caption."""
    kind = "Figure" if label.startswith("fig-") else "Table"
    text = nodes.inline("", kind + " {number}. {name}")
    return addnodes.pending_xref(
        "", text, refdomain="std", reftype="numref", reftarget=label, refexplicit=True, refwarn=True
    )


def _label(node: nodes.Element, name: str, document: nodes.document) -> None:
    node["names"].append(nodes.fully_normalize_name(name))
    document.note_explicit_target(node, node)


def _files(page: str, contents: dict[str, str | None]) -> nodes.paragraph:
    """The line below a figure or table: its files."""
    line = nodes.paragraph(classes=["files"])
    for kind, content in contents.items():
        if content is not None:
            line += [
                attachment("", kind.upper(), path=f"{page}.{kind}", content=content),
                nodes.Text(" "),
            ]
    return line


def _pixels(svg: str) -> tuple[int, int]:
    """Width and height of a drawing, from its own size or else from its view box."""
    root = ElementTree.fromstring(svg.encode())
    _, _, *box = (float(number) for number in root.get("viewBox", "0 0 640 480").split())
    sizes = []
    for side, fallback in zip(["width", "height"], box, strict=True):
        length = re.fullmatch(r"([\d.]+)(pt|px)?", root.get(side, ""))
        size = float(length[1]) if length else fallback
        sizes.append(round(size * PIXELS_PER_POINT if length and length[2] == "pt" else size))
    return tuple(sizes)


class ClaimRole(SphinxRole):
    """{claim}`id`: the printed number, its verdict, and a link to the section that derives it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        from lib.paper import ledger

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
        spoken = nodes.inline("", f" ({verdict})", classes=["visually-hidden"])
        # The page's name, because all pages become one in print.
        note_id = nodes.make_id(f"{self.env.docname} claim {self.env.new_serialno('claim')}")
        note = f"{verdict.capitalize()}. {claim['reason'][0].upper()}{claim['reason'][1:]}."
        return [
            explained(
                "",
                "",
                link,
                spoken,
                note=note,
                note_id=note_id,
                classes=["claim", f"claim-{verdict}"],
            )
        ], []


class VerdictsDirective(SphinxDirective):
    """{verdicts}: the verdicts with their signs, as a key to the claims on the page."""

    def run(self) -> list[nodes.Node]:
        from lib.paper import ledger

        words = [
            nodes.inline("", verdict, classes=["verdict", f"verdict-{verdict}"])
            for verdict in ledger.VERDICTS
        ]
        items = [nodes.list_item("", nodes.paragraph("", "", word)) for word in words]
        return [nodes.bullet_list("", *items, classes=["verdict-key"])]


def _visit_attachment(self, node: attachment) -> None:
    address = _write(self.builder, node["path"], node["content"])
    self.body.append(self.starttag(node, "a", "", CLASS="attachment", href=address, download=""))


def _visit_picture(self, node: picture) -> None:
    # The theme hides what follows an image of the other mode; in a span nothing follows it.
    self.body.append("<span>")
    same = {name: str(node[name]) for name in ["alt", "width", "height"]} | {"loading": "lazy"}
    for mode, content in {"light": node["content"], "dark": node["dark"]}.items():
        path = node["path"].replace(".svg", "-dark.svg") if mode == "dark" else node["path"]
        address = _write(self.builder, path, content)
        image = self.emptytag(node, "img", "", CLASS=f"only-{mode}", src=address, **same)
        # Where there are no style sheets, as in a browser's reading view, one of the two is enough.
        self.body.append(image.replace("<img ", "<img hidden ") if mode == "dark" else image)


def _write(builder, path: str, content: str) -> str:
    """Write a file of the page into the site; its address as seen from the page."""
    file = Path(builder.outdir, "_downloads", path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8", newline="\n")
    return f"{builder.dlpath}/{path}"


def _visit_explained(self, node: explained) -> None:
    self.body.append(self.starttag(node, "span", ""))
    node["begins"] = len(self.body)


def _depart_explained(self, node: explained) -> None:
    for at in range(node["begins"], len(self.body)):
        if self.body[at].startswith("<a "):
            self.body[at] = self.body[at].replace(
                "<a ", f'<a aria-describedby="{node["note_id"]}" ', 1
            )
    note = f'<span class="claim-note" hidden role="tooltip" id="{node["note_id"]}"> {self.encode(node["note"])}</span>'
    self.body.append(f"{note}</span>")


def _visit_scroll_region(self, node: scroll_region) -> None:
    self.body.append(
        self.starttag(
            node,
            "div",
            "",
            CLASS="scroll-region",
            role="region",
            tabindex="0",
            **{"aria-label": node["label"]},
        )
    )


def _visit_tool(self, node: tool) -> None:
    about = node["content"]
    name, title = about["name"], f"tool-{about['name']}"
    data = escape(json.dumps(about["data"]))
    presets = "".join(map(_preset, about["presets"]))
    sentences = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in about["sentences"])
    # The theme hides what is of use only with scripts where there are none; what follows is shown
    # to all.
    self.body.append(f"""
<section class="tool" data-tool="{name}" data-data="{data}" aria-labelledby="{title}">
<h3 id="{title}">{escape(about["title"])}</h3>
<form class="pst-js-only" autocomplete="off">
{"".join(map(_field, about["fields"]))}
{f'<div class="presets" role="group" aria-label="Fill in">{presets}</div>' if presets else ""}
</form>
<div class="result" role="status">
{sentences}{_plain_table(about["columns"], about["rows"]) if about["rows"] else ""}
</div>
""")


def _field(about: dict) -> str:
    name, label, value = about["name"], escape(about["label"]), escape(about["value"])
    kind = 'type="text" maxlength="12" spellcheck="false"'
    if "least" in about:
        kind = f'type="range" min="{about["least"]}" max="{about["greatest"]}" aria-valuetext="{value}%"'
    return f'<label>{label} <input name="{name}" value="{value}" {kind}></label>\n'


def _preset(about: dict) -> str:
    values = escape(json.dumps(about["values"]))
    return f'<button type="button" data-values="{values}">{escape(about["label"])}</button>\n'


def _plain_table(columns: list[str], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>\n'
        for first, *cells in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _visit_header_cell(self, node: header_cell) -> None:
    self.visit_entry(node)
    self.body[-1] = self.body[-1].replace("<th", f'<th scope="{node["scope"]}"', 1)


def _depart(tag: str):
    return lambda self, node: self.body.append(f"</{tag}>")


# The pages on which such a node stands load this script.
SCRIPTS = {explained: "claims.js", tool: "tools.js"}


def setup(app) -> None:
    """Make the nodes, the role and the directives known to Sphinx."""
    app.add_node(attachment, html=(_visit_attachment, _depart("a")))
    app.add_node(picture, html=(_visit_picture, _depart("span")))
    app.add_node(scroll_region, html=(_visit_scroll_region, _depart("div")))
    app.add_node(header_cell, html=(_visit_header_cell, lambda self, node: self.depart_entry(node)))
    app.add_node(tool, html=(_visit_tool, _depart("section")))
    app.add_node(explained, html=(_visit_explained, _depart_explained))
    app.add_role("claim", ClaimRole())
    app.add_directive("verdicts", VerdictsDirective)
