"""The code on the site: the documentation of each room of `lib`, the project as one archive, and
its data file by file.

The archive holds what a manifest names and nothing else, so that no file that somebody has put
into the folder, a cohort of their own above all, is ever in it.
"""

import io
import json
import pkgutil
import shutil
import zipfile
from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from lib.patients import loading
from lib.site.render import ROOT

ARCHIVE = "iliac-stent-companion.zip"
# Beside the chapters that the table of contents lists and the data that their description lists.
MANIFEST = [
    *["README.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE", "Makefile", ".gitignore"],
    *["pyproject.toml", "requirements.lock", "requirements-book.lock", "_config.yml", "_toc.yml"],
    *[".ci/run", ".github/workflows/*.yml", "docs/*.png", "chapters/assets/*"],
    *["chapters/references.bib", "lib/**/*.py", "lib/show/ledger*"],
    *["lib/site/templates/*", "data/README.md"],
    *["tests/**/*.py", "tests/abstracts/*", "tests/cases/*", "tests/oracles/*"],
    "tests/site/package*.json",
]


def described_data() -> list[dict]:
    """The files of `data` as their description lists them, each with ``path`` and ``title``."""
    path = ROOT / "data" / "datapackage.json"
    resources = json.loads(path.read_text(encoding="utf-8"))["resources"]
    return [*resources, {"path": path.name, "title": "The description of all these, for machines"}]


def project_files(docnames: list[str]) -> list[Path]:
    """The project's own files in order, relative to its folder; never the cohort that a book is
    about, nor its codebook."""
    names = [
        *(f"data/{resource['path']}" for resource in described_data()),
        *(docname + suffix for docname in docnames for suffix in (".md", ".ipynb")),
    ]
    found = {path for pattern in [*MANIFEST, *names] for path in ROOT.glob(pattern)}
    chosen = loading.chosen_path()
    if chosen != loading.EXAMPLE:
        found -= {chosen, loading.codebook_path(chosen)}
    return sorted(path.relative_to(ROOT) for path in found if path.is_file())


def write_archive(target: Path, docnames: list[str]) -> None:
    """The project as one archive."""
    write_zip(
        target,
        {
            f"{target.stem}/{path.as_posix()}": (ROOT / path).read_bytes()
            for path in project_files(docnames)
        },
    )


def write_zip(target: Path | io.BytesIO, members: dict[str, bytes]) -> None:
    """An archive of members by name, of which the same give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)  # of the earliest date that there is
            # As on a system that knows which files can be run.
            member.create_system, mode = 3, 0o755 if "/.ci/" in name else 0o644
            member.external_attr = mode << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)


class RoomDirective(SphinxDirective):
    """{room} `lib.patients`: the documentation of what is public in each module of a package."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A section for each module."""
        name = self.arguments[0]
        sections = [
            f"## {module.name}\n\n```{{eval-rst}}\n.. automodule:: {name}.{module.name}\n```\n"
            for module in pkgutil.iter_modules(import_module(name).__path__)
        ]
        return self.parse_text_to_nodes("\n".join(sections), offset=0, allow_section_headings=True)


def keep_links(app) -> None:
    """Keep the links in the code of pages that this build does not read, after sphinx-codeautolink
    has begun anew: it remembers those of .rst files only."""
    if app.builder.name == "html":
        links = app.env.sphinx_codeautolink_transforms
        links |= getattr(app.env, "book_code", {})
        # Sphinx keeps all of its environment for the next build, and so these.
        app.env.book_code = links


def finish(app) -> None:
    """Write the archive, and the data where the book is the paper's."""
    write_archive(Path(app.outdir, ARCHIVE), sorted(app.env.found_docs))
    if app.cohort.is_example:
        for about in described_data():
            target = Path(app.outdir, "data", about["path"])
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / "data" / about["path"], target)
