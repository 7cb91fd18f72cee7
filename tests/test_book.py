"""A build stops with one message where an input cannot be used, before anything is written."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import docx
import pytest

from lib.paper import published
from lib.patients import loading
from lib.patients.cohort import Withheld
from lib.site import book


def replaced(old: bytes, new: bytes):
    return lambda content: content.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("published.csv", None, ["no such file"]),
        ("published.csv", replaced(b",unit,", b",units,"), ["column unit is missing"]),
        ("cohort.csv", None, ["no such file"]),
        ("cohort.csv", lambda content: content + "\nÄrzte".encode("utf-16"), ["UTF-8"]),
        ("cohort.csv", replaced(b",PTS,", b",XYZ,"), ["line", "diagnosis", "“XYZ”; expected"]),
        # A file with identifiers makes no book.
        ("cohort.csv", replaced(b"patient_id", b"surname"), ["column “surname”", "Delete the"]),
    ],
)
def test_an_input_that_cannot_be_used_gives_one_message(tmp_path, monkeypatch, name, change, words):
    path = tmp_path / name
    if change:
        path.write_bytes(change((loading.DATA / name).read_bytes()))
    codebook = (loading.DATA / "codebook.csv").read_bytes()
    (tmp_path / "cohort.codebook.csv").write_bytes(codebook)
    if name == "published.csv":
        monkeypatch.setattr(published, "PATH", path)
    else:
        monkeypatch.setenv("COHORT", str(path))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SystemExit) as stopped:
        book.check_inputs(SimpleNamespace(outdir=tmp_path / "html"), SimpleNamespace())
    message = str(stopped.value.code)
    assert all(word in message for word in [name, *words]), message
    assert sorted(tmp_path.iterdir()) == before


def head_of_word_file(app: SimpleNamespace, folder: Path) -> str:
    """What stands at the head of every page of the tables, of which here are none."""
    app.env.collect_relations, app.outdir = dict, folder
    app.config = SimpleNamespace(html_title="A book")
    book.write_word(app)
    (section,) = docx.Document(folder / book.WORD).sections
    return section.header.paragraphs[0].text


def test_a_book_about_nobodys_patients_is_for_everybody(tmp_path):
    app = SimpleNamespace(cohort=loading.load(loading.EXAMPLE), env=SimpleNamespace())
    assert head_of_word_file(app, tmp_path) == ""


@pytest.mark.parametrize(
    ("withheld", "words"),
    [
        (Withheld(), "For use within the house; holds small cells."),
        (
            Withheld(5),
            '<a href="x">Tables and pictures withheld, wholly or in part: 7</a>',
        ),
    ],
)
def test_every_page_says_what_a_book_about_others_withholds(tmp_path, withheld, words):
    cohort = dataclasses.replace(loading.load(loading.EXAMPLE), path=Path("a.csv"))
    cohort = dataclasses.replace(cohort, is_example=False, withheld=withheld)
    env = SimpleNamespace(found_docs=set())
    facts = {"of_paper": "True"}
    app = SimpleNamespace(cohort=cohort, withheld=7, edition="Version 1", env=env, facts=facts)
    context = {"pathto": lambda *_: "x"}
    book.show_banner(app, "chapters/roc", "page.html", context, None)
    assert words in context["theme_announcement"]
    assert head_of_word_file(app, tmp_path) == words * (not withheld.threshold)
    assert "which is about others." not in context["theme_announcement"]
    app.facts = {"of_paper": "False"}
    book.show_banner(app, "chapters/roc", "page.html", context, None)
    assert "which is about others." in context["theme_announcement"]


@pytest.mark.parametrize("page", ["chapters/index", "chapters/multivariate", "chapters/analysis"])
def test_every_page_says_before_any_result_which_column_takes_most_patients_away(page):
    cohort = loading.load(Path(__file__).parent / "cases" / "nearly_empty.csv")
    env, facts = SimpleNamespace(found_docs=set()), {"of_paper": "False"}

    def banner(cohort):
        app = SimpleNamespace(cohort=cohort, withheld=7, edition="", env=env, facts=facts)
        context = {"pathto": lambda *_: "x"}
        book.show_banner(app, page, "page.html", context, None)
        return context["theme_announcement"]

    for threshold, known in {0: "9", 5: "9", 10: "fewer than 10"}.items():
        said = banner(dataclasses.replace(cohort, withheld=Withheld(threshold)))
        assert f"“Late visit” (known for {known}) is empty for most of the 120 patients" in said
        assert f"with it all values are known for {known}, without for 120" in said
        # With the threshold, that nobody among so few had it is told of no few.
        assert ("Among those with all values, Diabetes does not vary." in said) == (threshold < 10)
    assert "is empty for most" not in banner(loading.load(loading.EXAMPLE))
    filled = cohort.rows.assign(late=cohort.rows["diabetes"])
    assert "is empty for most" not in banner(dataclasses.replace(cohort, rows=filled))
