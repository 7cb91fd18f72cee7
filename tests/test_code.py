"""The project as one archive: what is in it, and what never is."""

import zipfile
from pathlib import Path

import pytest

from lib.site import code

ROOT = Path(__file__).parent.parent
CHAPTERS = [f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("*.md")]
ROWS = "patient_id,occluded_12m\nP1,0\n"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A small project with files of somebody's own in its folders."""
    described = (ROOT / "data" / "datapackage.json").read_text(encoding="utf-8")
    files = {
        "README.md": "read",
        "lib/__init__.py": "",
        "chapters/index.md": "# Index",
        "data/cohort.csv": ROWS,
        "data/datapackage.json": described,
    }
    folders = ["", "data/", "chapters/", "lib/", "tests/"]
    for name in ["registry.csv", "registry.codebook.csv", "registry.xlsx", "own.ipynb"]:
        files |= {folder + name: ROWS for folder in folders}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    return tmp_path


def members(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [name.partition("/")[2] for name in archive.namelist()]


def test_it_holds_the_projects_own_files_and_nobodys_cohort(project, tmp_path):
    code.write_archive(tmp_path / "a.zip", ["chapters/index"])
    expected = ["README.md", "chapters/index.md", "data/cohort.csv", "data/datapackage.json"]
    assert members(tmp_path / "a.zip") == [*expected, "lib/__init__.py"]


def test_the_cohort_of_a_book_and_its_codebook_are_not_in_it_wherever_they_are(
    project, tmp_path, monkeypatch
):
    (project / "tests" / "oracles").mkdir()
    for name in ["registry.csv", "registry.codebook.csv"]:
        (project / "tests" / "oracles" / name).write_text(ROWS, encoding="utf-8")
    monkeypatch.setenv("COHORT", str(project / "tests" / "oracles" / "registry.csv"))
    code.write_archive(tmp_path / "a.zip", [])
    assert not [name for name in members(tmp_path / "a.zip") if "registry" in name]


def test_it_holds_all_that_a_build_and_the_tests_need(tmp_path):
    code.write_archive(tmp_path / code.ARCHIVE, CHAPTERS)
    top = code.ARCHIVE.removesuffix(".zip")
    with zipfile.ZipFile(tmp_path / code.ARCHIVE) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {top}
        assert archive.getinfo(f"{top}/.ci/run").external_attr >> 16 == 0o755
    needed = {"Makefile", "pyproject.toml", "requirements-book.lock", "_config.yml", "_toc.yml"}
    needed |= {f"{chapter}.md" for chapter in CHAPTERS}
    own = [f"lib/**/*.{suffix}" for suffix in ("py", "html", "csv")]
    for pattern in [*own, "tests/**/*.*", "data/**/*.*"]:
        needed |= {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)}
    needed = {name for name in needed if not name.endswith(".pyc")}
    assert needed <= set(members(tmp_path / code.ARCHIVE))
