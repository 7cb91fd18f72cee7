"""The Sphinx hooks that make the site: inputs are checked first, chapters run side by side, nothing
stale is shown.

Sphinx would not notice a change in `lib/`, `data/` or the cohort. All of them are in the name of
the folder in which outputs are kept, and Sphinx reads every page again when that name changes.
"""

import atexit
import hashlib
import os
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from lib.paper import checklist, ledger, published, published_elsewhere
from lib.patients import consistency, disclosure, loading
from lib.patients.errors import InputError
from lib.show import withhold
from lib.site import (
    code,
    conditional,
    mathml,
    meta,
    notebooks,
    pdf,
    render,
    search_index,
    staging,
    word,
)

# What the sidebar calls the sections of the paper, and in a book about others.
PAPERS_PART, PART_FOR_OTHERS = "The paper", "Section by section"
WITHHELD = "Tables and pictures withheld, wholly or in part"
WORD = "_downloads/tables.docx"
# In the folder of the kept outputs: the looks of the site that was finished with these outputs.
FINISHED = "finished"
# The chosen scheme, or else the one that the reader's system asks for.
SCHEME = (
    '(/^(light|dark)$/.exec(localStorage.getItem("mode")) '
    '|| [matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"])[0]'
)
# What the theme's pages lack, as patterns that no longer match a page that has it.
MENDED = [
    # The theme leaves the book's title outside every landmark that a screen reader can jump to.
    (r'(<div id="pst-primary-sidebar") class', r'\1 role="complementary" aria-label="Book" class'),
    # The roles that Sphinx gives a bibliography do not go together, and its theme gives the logo no
    # size.
    (' role="doc-biblioentry"', ' role="listitem"'),
    (r'(<img src="[^"]*") class="logo__image', r'\1 width="48" height="48" class="logo__image'),
    # A table in our scroll region would be a second stop of the keyboard in the theme's own.
    (r'(class="scroll-region"[^>]*>\s*)<div class="pst-scrollable-table-container">', r"\1<div>"),
    # A table's headings say what they head, and a claim's link that its note describes it.
    ('<th class="head', '<th scope="col" class="head'),
    ('<th class="stub', '<th scope="row" class="stub'),
    (r' data-note="([^"]*)"><a ', r'><a aria-describedby="\1" '),
    # Two names that are not the words that are seen.
    (r'(search-button-field[^>]*) title="Search" aria-label="Search"', r"\1"),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    # And one that is not there.
    (
        '<summary><span class="toctree-toggle"',
        '<summary aria-label="Its pages"><span class="toctree-toggle"',
    ),
    # Without an address of the site, an address is one as seen from the page.
    (r'(<meta property="og:(?:image|url)" content=")(?=_static/|chapters/)', r"\1../"),
    # Until its script has run, the theme is neither light nor dark: both kinds of image are shown
    # and then one is taken away, and without scripts the page has no colors at all.
    (' data-theme="auto"', ""),
    (
        r'dataset\.theme = localStorage\.getItem\("theme"\) \|\| "auto"',
        f"dataset.theme = {SCHEME}",
    ),
    # A script with all of Font Awesome, heavier than the page; book.css has letters instead.
    (r'\s*<script defer src="[^"]*/fontawesome\.js[^"]*"></script>', ""),
]


def check_inputs(app, config) -> None:
    """Stop with one message when an input cannot be used, and before anything is written."""
    try:
        published.read()
        checklist.read()
        published_elsewhere.read()
        app.cohort = loading.load()
        if not app.cohort.is_example:
            print(*app.cohort.notes, sep="\n", flush=True)
        app.withheld = len(withhold.account(app.cohort))
        app.facts = conditional.facts(app.cohort)
    except InputError as error:
        raise SystemExit(str(error)) from None
    if not conditional.holds("comparable", app.facts.get):
        logo = config.html_theme_options["logo"]
        logo["text"] = config.html_title = f"The patients of {app.cohort.name}"
    # Pages are read and written side by side where the system can.
    app.parallel = os.cpu_count() if hasattr(os, "fork") else 1
    kept = Path(app.outdir).parent / ".jupyter_cache" / inputs_key(app.cohort.path)
    config.nb_execution_cache_path = str(kept)
    # What every page shows. Sphinx would not write the pages with source again when it changes.
    looks = [Path(app.confdir, "_config.yml"), *Path(app.confdir).glob("chapters/assets/*")]
    app.edition = meta.edition()
    content = [app.edition.encode(), *(path.read_bytes() for path in sorted(looks))]
    app.looks = hashlib.sha256(b"".join(content)).hexdigest()
    finished = kept / FINISHED
    staging.begin(app, same=finished.exists() and finished.read_text() == app.looks)


def inputs_key(cohort_path: Path) -> str:
    """A name for the state of all that a chapter's outputs depend on, its own code apart."""
    files = [
        *render.ROOT.glob("lib/**/*.py"),
        *render.ROOT.glob("lib/site/templates/*"),
        *render.ROOT.glob("data/**/*"),
        # The start page says who keeps the book.
        render.ROOT / "CITATION.cff",
        cohort_path,
        loading.codebook_path(cohort_path),
    ]
    installed = sorted(f"{package.name} {package.version}" for package in metadata.distributions())
    content = [
        str(cohort_path).encode() + os.environ.get("DISCLOSURE", "").encode(),
        *(path.name.encode() + path.read_bytes() for path in sorted(filter(Path.is_file, files))),
        "\n".join([sys.version, *installed]).encode(),
    ]
    return hashlib.sha256(b"".join(content)).hexdigest()[:16]


def read_chapter(env, docname: str) -> nbformat.NotebookNode | None:
    """A chapter's source as myst-nb reads it, not executed; None for a page without code."""
    path = env.doc2path(docname)
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
    return reader and reader.read(text)


def executed_chapter(env, docname: str) -> nbformat.NotebookNode:
    """A chapter with the outputs of this build; without a cell for a page without code."""
    notebook = read_chapter(env, docname)
    cache = get_cache(env.mystnb_config.execution_cache_path)
    return cache.merge_match_into_notebook(notebook)[1] if notebook else nbformat.v4.new_notebook()


def run_chapters(app, env, docnames: list[str]) -> None:
    """Execute the chapters whose outputs are not kept, all at once; myst-nb then finds them in its
    cache. Those that were run are kept where others fail or the build is interrupted.
    """
    # Two of Jupyter Book's extensions do not say that they allow parallel reading; they work on the
    # table of contents and on LaTeX, before and after it.
    for extension in app.extensions.values():
        extension.parallel_read_safe = extension.parallel_read_safe is not False
    to_run = {}
    for docname in docnames:
        try:
            executed_chapter(env, docname)
        except (KeyError, ValueError):
            # Not kept, or kept by a build that was stopped before all was written.
            to_run[Path(env.doc2path(docname))] = read_chapter(env, docname)
    failures = notebooks.run(to_run, strict=app.warningiserror)
    cache = get_cache(env.mystnb_config.execution_cache_path)
    for path in to_run.keys() - failures:
        conditional.tell(to_run[path], app.facts)
        cache.cache_notebook_bundle(
            CacheBundleIn(to_run[path], str(path)), check_validity=False, overwrite=True
        )
    if failures:
        raise SystemExit("\n\n".join(failures.values()))


def choose_cases(app, docname: str, source: list[str]) -> None:
    """Leave in the source of a page, before it is read, the text that holds."""
    values = app.facts | conditional.glued(executed_chapter(app.env, docname))
    source[0] = conditional.choose(source[0], values, docname)


def add_downloads(app, doctree) -> None:
    """End a page that runs code with a list of its files; a book about other patients than the
    paper's begins with its own title."""
    executed, title = executed_chapter(app.env, app.env.docname), None
    if app.facts["comparable"] == "False":
        at_start = app.env.docname == app.config.root_doc
        title = app.config.html_title if at_start else executed.metadata.get("title_for_others")
        for part in doctree.findall(addnodes.toctree):
            if part["caption"] == PAPERS_PART:
                part["caption"] = PART_FOR_OTHERS
    if title:
        next(doctree.findall(nodes.title))[:] = [nodes.Text(title)]
    if executed.cells:
        conditional.settle(executed, title)
        content = nbformat.writes(notebooks.tidy(executed))
        next(doctree.findall(nodes.section)).append(render.downloads(app.env, doctree, content))


def write_word(app) -> None:
    """Write the tables of all pages, in reading order and with their numbers, as one Word file."""
    tables = {}
    for docname in app.env.collect_relations():  # in reading order
        chapter = executed_chapter(app.env, docname)
        places = app.env.toc_fignumbers.get(docname, {}).get("table", {})
        tables |= {
            "Table " + ".".join(map(str, places[about["name"]])): about
            for about in notebooks.described(chapter)
            # A figure, and a table that is left out of the page, has no place among them; a pattern
            # of a file is about nobody's patients.
            if about["name"] in places and "pattern" not in about["classes"]
        }
    path = Path(app.outdir, WORD)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(word.document(app.config.html_title, tables, _mark(app)))


def _mark(app) -> str:
    """What a book that shows all of somebody's patients says on each of its pages; else nothing."""
    return "For use within the house; holds small cells." * (
        not app.cohort.is_example and not app.cohort.withheld.threshold
    )


class Listed(SphinxDirective):
    """{verdicts}, the key to the claims on the page, and {project-files}, the archive and its data:
    what the template of the directive's name shows."""

    def run(self) -> list[nodes.Node]:
        """The list as HTML; the data are links where the book is the paper's."""
        listed = render.TEMPLATES.get_template(f"{self.name}.html").render(
            verdicts=ledger.VERDICTS,
            archive=code.ARCHIVE,
            data=[
                about | {"size": (render.ROOT / "data" / about["path"]).stat().st_size / 1000}
                for about in code.described_data()
            ],
            linked=self.env.app.cohort.is_example,
        )
        return [render.markup(before=listed)]


def show_banner(app, pagename, templatename, context, doctree) -> None:
    """Say on every page whose patients the book is about, and before any result which column takes
    most of them away."""
    values = {
        "cohort": app.cohort,
        "of_paper": conditional.holds("of_paper", app.facts.get),
        "edition": app.edition,
        "mark": _mark(app),
        "tables_withheld": f"{WITHHELD}: {app.withheld}",
        "mostly_empty": " ".join(consistency.mostly_empty(app.cohort)),
        "pathto": context["pathto"],
        "word": WORD,
        "has_cite": "chapters/cite" in app.env.found_docs,
    }
    for name in ("announcement", "extra_footer"):
        context[f"theme_{name}"] = render.TEMPLATES.get_template(f"{name}.html").render(values)
    scripts = {node.get("script") for node in doctree.findall(render.markup)} if doctree else set()
    for script in sorted(filter(None, scripts)):
        app.add_js_file(script, loading_method="defer")


def finish(app, error) -> None:
    """Mend the pages and their search, write what stands beside them, and forget the outputs of
    earlier inputs.
    """
    if error or app.builder.name != "html":
        return
    # Templates of the theme, and no pages.
    for template in Path(app.outdir, "_static").glob("*webpack-macros.html"):
        template.unlink()
    for name, mended in {"*.html": MENDED, "searchtools.js": search_index.MENDED}.items():
        for file in Path(app.outdir).rglob(name):
            text = file.read_text(encoding="utf-8")
            for wrong, right in mended:
                text = re.sub(wrong, right, text)
            file.write_text(text, encoding="utf-8")
    meta.finish(app)
    code.finish(app)
    write_word(app)
    pdf.link(Path(app.outdir))
    kept = Path(app.config.nb_execution_cache_path)
    kept.mkdir(parents=True, exist_ok=True)
    (kept / FINISHED).write_text(app.looks)
    for earlier in set(kept.parent.glob("*")) - {kept}:
        shutil.rmtree(earlier, ignore_errors=True)
    if app.cohort.withheld.threshold:
        # Jupyter Book has its own last words after this.
        atexit.register(
            print, f"{WITHHELD}: {app.withheld}; withheld.html lists them. {disclosure.SHOW_ALL}"
        )


def setup(app) -> dict:
    """Connect the hooks; called by Sphinx before it makes the folder that is built into."""
    staging.keep_others_out(Path(app.outdir).parent)
    # In the order of a build. The usual priority is 500; a lower number comes first.
    for moment, hook, priority in [
        ("config-inited", check_inputs, 500),
        ("config-inited", meta.use_site_url, 500),
        # After sphinx-codeautolink has begun anew.
        ("builder-inited", code.keep_links, 900),
        ("env-before-read-docs", run_chapters, 500),
        ("env-purge-doc", render.forget_files, 500),
        ("source-read", choose_cases, 500),
        # Before the page's sections are collected for the navigation.
        ("doctree-read", add_downloads, 400),
        ("html-page-context", show_banner, 500),
        # After sphinxext-opengraph, which adds its own.
        ("html-page-context", meta.describe_book, 900),
        ("build-finished", finish, 500),
        # After the other extensions, which still write files then.
        ("build-finished", staging.end, 900),
    ]:
        app.connect(moment, hook, priority)
    for name, directive in {
        "verdicts": Listed,
        "project-files": Listed,
        "room": code.RoomDirective,
    }.items():
        app.add_directive(name, directive)
    app.add_role("claim", render.ClaimRole())
    app.add_node(render.markup, html=render.MARKUP_AS_HTML)
    app.add_html_math_renderer("mathml", (mathml.write, None), (mathml.write_block, None))
    app.add_transform(conditional.LeaveOut)
    app.add_search_language(search_index.Words)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
