"""Every file that the site offers answers, and opens as what its name says."""

import io
import json
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen
from xml.etree import ElementTree

import docx
import nbformat
import pandas as pd
from books import served
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


def offered(site: Path, base: str) -> list[str]:
    """The addresses of all files that pages link to, seen from where they stand."""
    found = set()
    for path in (site / "chapters").glob("*.html"):
        page = BeautifulSoup(path.read_bytes(), "html.parser")
        links = [tag["href"] for tag in page.find_all("a", href=True)]
        here = urljoin(base, f"chapters/{path.name}")
        found |= {urljoin(here, link) for link in links if not urlsplit(link).scheme}
    files = {urlsplit(address)._replace(fragment="").geturl() for address in found}
    return sorted(
        address for address in files if Path(urlsplit(address).path).suffix not in PAGE_TYPES
    )


def test_every_download_opens_as_what_it_says(site):
    with served(site) as server:
        addresses = offered(site, f"{server.address}/")
        kinds = {Path(urlsplit(address).path).suffix for address in addresses}
        assert {".csv", ".svg", ".ipynb", ".parquet", ".docx", ".zip"} <= kinds <= set(OPENED)
        wrong = []
        for address in addresses:
            try:
                with urlopen(address) as answer:
                    OPENED[Path(urlsplit(address).path).suffix](answer.read())
            except Exception as error:
                wrong.append(f"{address}: {error!r}")
    assert not wrong
