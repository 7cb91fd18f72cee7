"""What lets the book be kept and cited: what describes it agrees with what it describes."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
import yaml
from helpers import ORACLES, slow_but, terms
from pybtex.database import parse_file
from schemas import complaints

from lib.paper import ledger
from lib.patients import loading
from lib.site import meta, notebooks

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
PACKAGE = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
TABLES = [resource for resource in PACKAGE["resources"] if "schema" in resource]
SMALL = [resource["path"] for resource in TABLES if resource["path"].endswith(".csv")]
BIBLIOGRAPHY = parse_file(ROOT / "chapters" / "references.bib")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# A name and a year as a docstring cites them: "Heinze & Schemper 2002", "(Hanley et al., 1982)".
YEAR = re.compile(r"\(?(1[89]\d\d|20[0-2]\d)\)?[,. ]")
NAMES = re.compile(
    r"((?:[A-Z][A-Za-z-]+(?:, | and | & | et al\. ?| )?)+)"
    r"(?:,? [A-Z][A-Za-z ]+,?(?: 2nd ed\.)?)? ?$"
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def oracle(name: str) -> dict:
    """A published schema. Their sources: citation-file-format 1.2.0, as cffconvert 2.0.0 ships it
    (CC BY 4.0); the Data Package profiles 1.0 as datapackage 1.15.4 ships them (MIT), without
    titles, descriptions and examples."""
    return json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------ citing


def test_the_citation_file_is_valid():
    jsonschema.validate(
        json.loads(json.dumps(meta.citation(), default=str)), oracle("citation-file-format-1.2.0")
    )


def test_all_places_name_the_same_title_version_and_licenses():
    book, page = meta.citation(), read("chapters/cite.md")
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert book["version"] == project["version"] == PACKAGE["version"]
    assert book["title"] == yaml.safe_load(read("_config.yml"))["title"]
    for words in [
        book["title"],
        book["version"],
        book["authors"][0]["name"],
        " AND ".join(book["license"]),
    ]:
        assert f"{{{words}}}" in page
    assert f"**Version {book['version']}**" in read("chapters/corrections.md")
    study = book["references"][0]
    for name, words in {
        "volume": study["volume"],
        "number": study["issue"],
        "year": study["year"],
    }.items():
        assert re.search(rf"{name} *= \{{{words}\}}", page)
    assert f"{{{study['start']}--{study['end']}}}" in page
    assert "MIT License" in read("LICENSE") and meta.LICENSES["CC-BY-4.0"] in read("LICENSE")
    assert set(book["license"]) == set(meta.LICENSES)


# ------------------------------------------------------------------------------------ the data


def test_the_data_package_is_valid():
    jsonschema.validate(PACKAGE, oracle("data-package"))
    for resource in TABLES:
        jsonschema.validate(resource, oracle("tabular-data-resource"))


def test_the_data_package_describes_every_file_and_no_other():
    files = {
        str(path.relative_to(DATA))
        for path in DATA.rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    described = [resource["path"] for resource in PACKAGE["resources"]]
    assert sorted(described) == sorted(files - {"datapackage.json"})
    missing = [
        name
        for name in [*described, "datapackage.json"]
        if f"`{name}`" not in read("data/README.md")
    ]
    assert not missing, "data/README.md does not tell where these come from"


PATHS = [resource["path"] for resource in TABLES]


@pytest.mark.parametrize("path", slow_but(SMALL, PATHS, often=[]))
def test_every_table_is_as_the_data_package_says(path):
    assert complaints(path) == []


def test_the_data_package_describes_the_cohort_as_the_codebook_does():
    codebook = loading.load(DATA / "cohort.csv").codebook
    (resource,) = [resource for resource in TABLES if resource["path"] == "cohort.csv"]
    kinds = {"text": "string", "category": "string", "binary": "integer", "number": "number"}
    for field in resource["schema"]["fields"]:
        rule = codebook.loc[field["name"]]
        assert field["title"] == rule["label"]
        assert field["type"] == kinds[rule["type"]]
        levels = rule["levels"].split("|") if rule["levels"] else []
        assert [str(level) for level in field.get("constraints", {}).get("enum", [])] == levels


# ------------------------------------------------------------------------------- the references


def test_every_reference_can_be_found_and_is_on_the_page():
    sections = re.findall(r':filter: keywords % "(\w+)"', read("chapters/references.md"))
    for name, entry in BIBLIOGRAPHY.entries.items():
        fields = entry.fields
        assert fields["keywords"] in sections, name
        assert re.fullmatch(r"\d{4}", fields["year"]), name
        assert fields["title"].startswith("{"), f"{name}: braces keep the capitals of the title"
        assert not re.search(r"doi\.org", fields.get("doi", "")), name
        if entry.type == "article":
            assert fields.get("doi") or fields.get("url") or {"volume", "pages"} <= set(fields), (
                name
            )
        if fields.get("doi"):
            assert re.fullmatch(r"10\.\d{4,}/\S+", fields["doi"]), name
    addresses = [
        entry.fields["doi"] for entry in BIBLIOGRAPHY.entries.values() if "doi" in entry.fields
    ]
    assert len(addresses) == len(set(addresses))


def test_every_paper_that_the_code_cites_is_in_the_bibliography():
    known = {
        (entry.persons["author"][0].last_names[-1].strip("{}"), entry.fields["year"])
        for entry in BIBLIOGRAPHY.entries.values()
        if "author" in entry.persons
    }
    cited = {}
    for path in sorted((ROOT / "lib").rglob("*.py")):
        text = " ".join(path.read_text(encoding="utf-8").split())
        for year in YEAR.finditer(text):
            if names := NAMES.search(text[max(0, year.start() - 80) : year.start()]):
                first = re.split(r", | and | & | et al", names[1].strip())[0].split()
                cited[tuple(first), year[1]] = path.name
    assert len(cited) > 30
    lacking = {
        cite: module
        for cite, module in cited.items()
        if not any((word, cite[1]) in known for word in [*cite[0], " ".join(cite[0])])
    }
    assert not lacking, "add these to chapters/references.bib"


def test_published_rates_are_in_the_bibliography():
    addresses = {entry.fields.get("doi") for entry in BIBLIOGRAPHY.entries.values()}
    rows = pd.read_csv(DATA / "published_patency.csv", keep_default_na=False)
    assert set(rows["doi"]) - {""} <= addresses


# --------------------------------------------------------------------------------- the glossary


def test_terms_stand_in_alphabetical_order_once_each_under_their_letters():
    assert terms() == sorted(set(terms()), key=str.casefold)
    letters = [term[0].upper() for term in terms()]
    assert re.findall(r"^## (\w)$", read("chapters/glossary.md"), re.MULTILINE) == sorted(
        set(letters)
    )


def test_every_verdict_and_every_term_that_explains_one_is_defined():
    defined = {term.casefold() for term in terms()}
    assert set(ledger.judge()["verdict"]) <= defined
    text = read("chapters/glossary.md")
    assert {name.casefold() for name in re.findall(r"\*([a-z]+)\*", text)} - {
        "witnessed"
    } <= defined


# ------------------------------------------------------------------------- for those who take part


def test_the_map_names_every_module():
    rooms = read("CONTRIBUTING.md").split("## The seven rooms")[1].split("## ")[0]
    parts = re.split(r"\*\*lib/(\w+)\*\*", rooms)
    named = {
        (room, name)
        for room, part in zip(parts[1::2], parts[2::2], strict=True)
        for name in re.findall(r"`(\w+)`", part)
    }
    there = {
        (path.parent.name, path.stem)
        for path in (ROOT / "lib").glob("*/*.py")
        if path.stem != "__init__"
    }
    assert there - named == set(), "say in CONTRIBUTING.md what these know about"
    assert named - there == set(), "CONTRIBUTING.md names modules that are gone"


def test_what_the_map_and_the_readme_point_to_is_there():
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))
    for name in ["CONTRIBUTING.md", "README.md"]:
        for path in re.findall(
            r"`((?:lib|data|chapters|tests|docs|\.ci|\.github)/[^`<*]*)`", read(name)
        ):
            assert (ROOT / path).exists(), f"{name}: {path}"
        for target in re.findall(r"\]\(([^)]+)\)", read(name)):
            assert "://" in target or (ROOT / target).exists(), f"{name}: {target}"
        assert set(re.findall(r"`make ([a-z]+)", read(name))) <= targets, name


def test_the_readme_lists_every_table_and_figure():
    assert read("README.md").endswith(notebooks.contents()), "run `make notebooks`"


def test_the_picture_of_the_site_is_light():
    assert 5_000 < (ROOT / "docs" / "site.png").stat().st_size < 150_000


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_may_do_no_more_than_they_need_and_run_what_was_reviewed(path):
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["permissions"], name
        assert "write" not in job["permissions"].values() or name == "publish"
    used = re.findall(r"uses: (.*)", text)
    assert all(
        re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in used
    )
    assert text.count("persist-credentials: false") == text.count("uses: actions/checkout@")
    assert "run: .ci/run" in text
    # An expression inside a script could run what somebody typed into a title.
    scripts = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]
    assert not any("${{" in script for script in scripts)
