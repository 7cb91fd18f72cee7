"""Every file that the site offers answers, and opens as what its name says."""

import io
import json
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import docx
import nbformat
import pandas as pd
from bs4 import BeautifulSoup

PAGE_TYPES = {"", ".html"}


def open_table(table: pd.DataFrame) -> None:
    assert len(table) and len(table.columns)
    assert not [name for name in table.columns if str(name).startswith("Unnamed")], (
        "a column without a name"
    )


def open_svg(content: bytes) -> None:
    assert ElementTree.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"


def open_pdf(content: bytes) -> None:
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")


OPENED = {
    ".csv": lambda content: open_table(pd.read_csv(io.BytesIO(content), comment="#")),
    ".parquet": lambda content: open_table(pd.read_parquet(io.BytesIO(content))),
    ".svg": open_svg,
    ".ipynb": lambda content: nbformat.validate(
        nbformat.reads(content.decode("utf-8"), as_version=4)
    ),
    ".json": json.loads,
    ".toml": lambda content: tomllib.loads(content.decode("utf-8")),
    ".pdf": open_pdf,
    ".docx": lambda content: docx.Document(io.BytesIO(content)),
    ".zip": lambda content: zipfile.ZipFile(io.BytesIO(content)).testzip(),
}


def offered(site: Path) -> set[Path]:
    """The files that pages link to, other pages apart."""
    found = set()
    for path in (site / "chapters").glob("*.html"):
        page = BeautifulSoup(path.read_bytes(), "html.parser")
        addresses = [urlsplit(tag["href"]) for tag in page.find_all("a", href=True)]
        here = [address.path for address in addresses if not address.scheme]
        found |= {(path.parent / unquote(link)).resolve() for link in here}
    return {path for path in found if path.suffix not in PAGE_TYPES}


def test_every_download_opens_as_what_it_says(site):
    files = offered(site)
    kinds = {path.suffix for path in files}
    assert {".csv", ".svg", ".ipynb", ".parquet", ".docx", ".zip"} <= kinds <= set(OPENED)
    wrong = []
    for path in sorted(files):
        try:
            OPENED[path.suffix](path.read_bytes())
        except Exception as error:
            wrong.append(f"{path}: {error!r}")
    assert not wrong
