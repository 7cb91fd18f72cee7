"""Chapters on cohorts that allow little or nothing: words where there is no answer, never "nan"."""

import re
from collections.abc import Sequence

import altered
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from chapter import ON_ROWS, run_book
from helpers import codebook_of, slow_but, write_rows
from recorded import Shown

from lib.paper import published
from lib.patients import template
from lib.patients.files import DATA
from lib.patients.loading import EXAMPLE, load
from lib.show import display, tables
from lib.site import conditional

pytestmark = pytest.mark.filterwarnings("error")
ROWS = pd.read_csv(EXAMPLE, comment="#")
CODEBOOK = pd.read_csv(DATA / "codebook.csv", dtype=str, keep_default_na=False)
NOT_WORDS = re.compile(r"\b(nan|inf|NaN|NaT)\b|[|(=] None [|)]")

CHAPTERS = [*ON_ROWS, "your_data", "withheld", "index"]


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Runs chapters, by default all that read rows, on some; the words that each shows, all of
    which are words."""

    def words(
        rows: pd.DataFrame,
        codebook: pd.DataFrame | None = None,
        disclosure: str = "off",
        chapters: Sequence[str] = CHAPTERS,
    ) -> dict[str, str]:
        path, found = write_rows(tmp_path, rows, codebook), {}
        # So few patients may not be shown; how a chapter speaks of them is another matter.
        for chapter, ran in run_book(monkeypatch, path, disclosure, chapters).items():
            conditional.keep_what_holds(ran.cells, conditional.facts(load()) | ran.glued)
            prose = [in_words(cell.source) for cell in ran.cells if cell.cell_type == "markdown"]
            found[chapter] = "\n".join([*map(words_of, ran.shown), *prose])
            assert [line for line in found[chapter].splitlines() if NOT_WORDS.search(line)] == []
        return found

    return words


# A link to the glossary.
LINKED = re.compile(r"\{term\}`([^`<]*?)(?: <[^`]*)?`")


def in_words(text: str) -> str:
    """What a page shows of Markdown in which only what holds is left, in one line; not its title,
    which is that of all books."""
    text = re.sub("^# .*", "", LINKED.sub(r"\1", text), flags=re.MULTILINE)
    return re.sub(r"\\(.)", r"\1", text).replace("\n", " ")


def words_of(output: Shown) -> str:
    if "sentences" in output.content:
        return output.forms["text/plain"]
    if "alt" in output.content:
        return output.content["alt"] + " " + output.content["caption"]
    cells = [display.text_of(cell) for row in output.content["rows"] for cell in row]
    return " | ".join([output.content["caption"], output.content["note"] or "", *cells])


CASES = {
    "no events": (lambda rows: rows.assign(occluded_12m=0), "the outcome does not vary"),
    "all events": (lambda rows: rows.assign(occluded_12m=1), "the outcome does not vary"),
    "constant": (
        lambda rows: rows.assign(inflow_thrombus=0),
        "these factors do not vary: Inflow thrombus",
    ),
    "complete separation": (
        lambda rows: rows.assign(multiple_stents=rows["occluded_12m"]),
        "Separation is complete",
    ),
    "quasi-complete separation": (
        lambda rows: rows.assign(multiple_stents=rows["occluded_12m"] * rows["multiple_stents"]),
        "Separation is quasi-complete",
    ),
    "identical": (
        lambda rows: rows.assign(inflow_thrombus=rows["multiple_stents"]),
        "exact combinations of one another: Inflow thrombus and Multiple stents",
    ),
    "an empty group": (lambda rows: rows[rows["diagnosis"] != "PTS"], "NIVCS"),
    "one group": (lambda rows: rows.assign(diagnosis="DVT"), "fewer than two groups have patients"),
    "missing values": (
        lambda rows: rows.mask(np.random.default_rng(1).random(rows.shape) < 0.05).assign(
            patient_id=rows["patient_id"], diagnosis=rows["diagnosis"]
        ),
        "Patients with a missing value are left out",
    ),
    "a column of missing values": (
        lambda rows: rows.assign(stent_length_mm=np.nan),
        "no patient has all values",
    ),
    "ten patients": (lambda rows: rows.sample(10, random_state=0), "patients"),
    "one patient": (lambda rows: rows.sample(1, random_state=0), "does not vary"),
    "no significant factor": (
        lambda rows: rows.assign(
            occluded_12m=np.random.default_rng(4).permutation(rows["occluded_12m"])
        ),
        "No factor has P<0.05 in the joint model, so all of them are shown.",
    ),
    "a protective factor": (
        lambda rows: rows.assign(incomplete_coverage=1 - rows["incomplete_coverage"]),
        "Reversed, since less common, or lower, among those with the event",
    ),
}


# One of each kind at every run.
QUICK = ["no events", "quasi-complete separation"]
OFTEN = ["missing values", "ten patients", "complete separation"]


@pytest.mark.parametrize("name", slow_but(QUICK, CASES, OFTEN))
def test_every_chapter_has_words_for_a_hard_cohort(pages, name):
    change, expected = CASES[name]
    found = pages(change(ROWS))
    assert expected in " ".join(found.values())


ONE_OF_MANY = re.compile(
    r"(?<![\d.,])1[ \u00a0](more |of the )?(factor|patient|event|threshold|value|number)s\b"
)


@pytest.mark.parametrize("events", [30, 1])
def test_one_of_anything_is_not_spoken_of_as_many(pages, events):
    """A book of one factor, of which one patient lacks the value, and of one event."""
    number = np.arange(80)
    rows = pd.DataFrame({"group": np.where(number % 2, "A", "B"), "has_it": number % 3 % 2.0})
    rows["outcome"] = np.sort((number < events).astype(int) ^ (number % 7 == 1) * (events > 1))
    rows.loc[0, "has_it"] = np.nan
    found = pages(rows, codebook_of(rows, "A|B"), disclosure="5" if events > 5 else "off")
    text = " ".join(found.values())
    assert [text[max(0, one.start() - 60) : one.end()] for one in ONE_OF_MANY.finditer(text)] == []
    assert "80 patients, 1 factor and the groups" in text


@pytest.mark.parametrize("apart", [False, True])
def test_of_many_pairs_of_markers_only_those_that_differ_most_clearly_are_named(pages, apart):
    random = np.random.default_rng(8)
    rows = pd.DataFrame(random.integers(0, 2, (200, 6)), columns=[f"has_{x}" for x in "abcdef"])
    rows = rows.assign(
        group=random.choice(["A", "B"], 200), outcome=random.permutation([0, 1] * 100)
    )
    if apart:
        rows["outcome"] = rows["has_a"].where(random.random(200) < 0.6, rows["outcome"])
        # Nothing is significant together, so that all are compared.
        rows["has_b"] = rows["has_a"].where(random.random(200) < 0.98, 1 - rows["has_a"])
    text = pages(rows, codebook_of(rows, "A|B"), chapters=["analysis"])["analysis"]
    said = text.partition("(DeLong, paired).")[2].partition("(analysis-validation)")[0]
    of_all = re.search(r"P is below 0.05 for (\w+) of 15 pairs of markers", said)[1]
    assert (of_all != "none") == apart and "their areas differ by" not in said
    assert said.count(" less ") == 3 and len(said) < 400


def test_a_factor_with_three_levels_is_two_comparisons_with_its_reference(pages):
    rule = ["side", "Side", "factor", "category", "left|right|both"]
    names = ["name", "label", "role", "type", "levels"]
    codebook = pd.concat([CODEBOOK, pd.DataFrame([rule], columns=names)]).fillna("")
    side = np.random.default_rng(2).choice(["left", "right", "both"], len(ROWS))
    found = pages(ROWS.assign(side=side), codebook, chapters=["univariate", "analysis"])
    others = ROWS.drop(columns=["patient_id", "diagnosis", "occluded_12m"])
    design = others.assign(right=side == "right", both=side == "both").astype(float)
    for columns in (list(design), ["right", "both"]):
        model = sm.Logit(ROWS["occluded_12m"], sm.add_constant(design[columns])).fit(disp=0)
        for level in ("right", "both"):
            ratio, ends = np.exp(model.params[level]), np.exp(model.conf_int().loc[level])
            assert tables.estimate(ratio, *ends) in found["analysis"]
    assert {"Side: left", "Side: right"} <= {*re.findall(r"Side: \w+", found["analysis"])}
    of_left = (ROWS["occluded_12m"][side == "left"].sum(), ROWS["occluded_12m"].sum())
    assert re.search(
        r"Side: left \| {}/{} \([^|]*\) \| [^|]* \| reference \| – \| reference".format(*of_left),
        found["analysis"],
    )
    length = ROWS["stent_length_mm"][ROWS["occluded_12m"] == 1]
    assert f"mean {length.mean():.1f} (SD\N{NO-BREAK SPACE}{length.std():.1f})" in found["analysis"]


def tumors() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients with a stage of three levels, of whom some lack a value, others the outcome."""
    random = np.random.default_rng(6)
    rows = pd.DataFrame({"group": random.choice(["A", "B"], 400)})
    rows = rows.assign(**{f"has_{x}": random.integers(0, 2, 400) for x in "ab"})
    rows["size"] = random.normal(50, 12, 400).round(1)
    rows["stage"] = random.choice(["I", "II", "III"], 400)
    odds = rows["has_a"] - rows["has_b"] + 2 * (rows["stage"] == "III") - 1.5
    rows["outcome"] = (random.random(400) < 1 / (1 + np.exp(-odds))).astype(int)
    codebook = codebook_of(rows, "A|B").set_index("name", drop=False)
    codebook.loc["stage", ["type", "levels", "missing"]] = ["category", "I|II|III", ""]
    for name, lost in {"stage": range(6), "has_a": range(4, 20), "outcome": range(15, 50)}.items():
        rows[name] = rows[name].astype(object).mask(rows.index.isin(lost), np.nan)
    return rows, codebook


def test_terms_are_counted_as_terms_and_factors_as_factors(pages):
    """A stage of three levels has two terms; it lacks its value once."""
    rows, codebook = tumors()
    found = pages(rows, codebook, chapters=["multivariate", "analysis"])
    text = found["multivariate"] + found["analysis"]
    events = int(rows.dropna()["outcome"].sum())
    assert f"With {events} events and 5 terms there are {events / 5:.1f} for each" in text
    assert "for 5 terms; here there are 350" in text and "of 5 terms. has_a crude" in text
    assert "after Holm's adjustment for 3 of 5 terms" in text
    assert "> All 4 factors entered one logistic regression" in text
    assert "5 factors" not in text and "4 terms" not in text
    lost = found["analysis"].partition("Missing values by variable.")[2].partition("\n")[0]
    assert " | stage | 394 | 6 | 1.5% | outcome | " in lost and "stage:" not in lost

    alone = rows.drop(columns="stage"), codebook.drop(index="stage")
    found = pages(*alone, chapters=["multivariate", "analysis"])
    text = found["multivariate"] + found["analysis"]
    assert "events and 3 factors there are" in text and "terms" not in text


def test_the_table_of_the_screening_says_what_its_p_compares_and_the_paragraph_which_model(pages):
    """A level against all others, in those with all values; elsewhere it is against the first."""
    rows, codebook = tumors()
    text = pages(rows, codebook, chapters=["analysis"])["analysis"]
    known = rows.dropna()
    design = sm.add_constant((known["stage"] == "II").astype(float))
    p = sm.Logit(known["outcome"].astype(int), design).fit(disp=0).pvalues["stage"]
    said = text.partition("Shares of resamples")[2].partition("\n")[0]
    assert f" | stage: II | {display.p_value(p)} | " in said
    assert "A level of a factor of several is screened against all the others together" in said
    assert "in the patients in whom all factors and the outcome are known" in said
    assert "> The model was validated" not in text
    assert (
        "> Another model, of those factors that have P<0.05 alone, was validated by 2,000" in text
    )


@pytest.mark.parametrize("disclosed", ["off", "5"])
def test_tables_of_fewer_patients_say_of_how_many(disclosed, tmp_path, monkeypatch):
    """How many have all factors, though some no outcome, is told of nobody's patients."""
    rows, codebook = tumors()
    path = write_rows(tmp_path, rows, codebook)
    ran = run_book(monkeypatch, path, disclosed, ["analysis"])["analysis"]
    shown = {one.content["name"]: one.content for one in ran.shown}
    heads = [column["label"] for column in shown["tab-baseline-outcome"]["columns"]]
    sizes = rows["outcome"].value_counts()
    heads = [head.replace("\N{NO-BREAK SPACE}", " ") for head in heads]
    assert heads[1] == "Missing of 400"
    assert heads[2:4] == [f"Without event (n = {sizes[0]})", f"With event (n = {sizes[1]})"]
    columns = shown["tab-baseline-outcome"]["csv"].splitlines()[0].split(",")
    assert {"Without event n", "With event count"} <= {*columns}
    assert not [column for column in columns if column[:2] in ("0.", "1.")]
    events = int(rows.dropna()["outcome"].sum())
    note = shown["tab-crude-and-adjusted"]["note"]
    assert f"adjusted ones of the 350 in whom all are, {events} of them with event." in note
    assert "in the same 350 patients" in shown["tab-areas"]["caption"]
    assert ran.glued["with_all_values"] == "350 patients"
    told = "the 380 patients in whom" if disclosed == "off" else "the patients in whom"
    assert told in shown["tab-collinearity"]["note"] and told in shown["fig-association"]["caption"]
    everything = " ".join(map(words_of, ran.shown))
    assert ("380" in everything) == (disclosed == "off")
    # A Word file of the tables has no downloads.
    tables_alone = [one for name, one in shown.items() if name.startswith("tab-")]
    assert not [one for one in tables_alone if "download" in f"{one['caption']} {one['note']}"]


@pytest.mark.parametrize("number", [False, True])
def test_why_curves_over_risks_are_withheld_is_what_withholds_them(pages, number):
    """Levels alone do not tell patients apart. A number of many values does, but beside the table
    of a grade of few, which is withheld, counts of them would tell."""
    random = np.random.default_rng(9)
    rows = pd.DataFrame({"group": np.repeat(["A", "B"], [90, 110])})
    rows = rows.assign(**{f"has_{x}": random.integers(0, 2, 200) for x in "abc"})
    rows["outcome"] = (random.random(200) < 0.25 + 0.2 * rows["has_a"]).astype(int)
    first = [*rows.index[rows["outcome"] == 1][:3], *rows.index[rows["outcome"] == 0][:60]]
    rows["grade"] = np.where(rows.index.isin(first), "I", np.where(rows.index % 2, "II", "III"))
    if number:
        rows["size"] = random.normal(50, 9, 200).round(1)
    codebook = codebook_of(rows, "A|B").set_index("name", drop=False)
    codebook.loc["grade", ["type", "levels", "missing"]] = ["category", "I|II|III", ""]
    text = pages(rows, codebook, disclosure="5", chapters=["analysis"])["analysis"]
    said = text.partition("The curve is withheld: ")[2].partition("(analysis-decision)")[0]
    assert said.startswith("beside the tables of factors" if number else "patients at the same")
    assert "Withheld, as the {ref}`calibration" in text


@pytest.mark.slow
def test_numbers_of_every_size_can_be_read(pages):
    """Of 7 digits at most: amounts per liter, a year, moles, and what hardly varies."""
    random = np.random.default_rng(3)
    sizes = {
        "white_cells": random.normal(8e9, 2e9, len(ROWS)).round(-6),
        "year": random.integers(2008, 2021, len(ROWS)),
        "creatinine": random.normal(9e-5, 2e-5, len(ROWS)).round(6),
        "index": random.normal(0.9, 2e-4, len(ROWS)).round(5),
    }
    rules = [[name, name.capitalize(), "factor", "number"] for name in sizes]
    names = ["name", "label", "role", "type"]
    codebook = pd.concat([CODEBOOK, pd.DataFrame(rules, columns=names)]).fillna("")
    chapters = ["multivariate", "analysis", "roc"]
    words = "\n".join(pages(ROWS.assign(**sizes), codebook, chapters=chapters).values())
    found = "\n".join(line for line in words.splitlines() if " | " in line)
    shown = [one.strip(",.") for one in re.findall(r"\d[\d,.]*", found)]
    assert [one for one in shown if len(re.sub(r"\D", "", one)) > 7 or "0.0000" in one] == []
    assert " | 2014 (201" in found and " | 8" in found and "e−05 (" in found


def test_a_cohort_with_times_gets_its_curves(pages):
    random = np.random.default_rng(5)
    months = random.uniform(1, 60, len(ROWS)).round(1)
    occluded = (random.random(len(ROWS)) < 0.4).astype(int)
    rows = ROWS.assign(followup_months=months, occluded=occluded)
    found = pages(rows, chapters=["patency"])
    for words in (
        "Kaplan-Meier curves by group",
        "The log-rank test of the groups gives",
        "Length of follow-up, by the reverse Kaplan-Meier method.",
    ):
        assert words in found["patency"]


@pytest.mark.slow
def test_a_large_cohort_is_told_what_was_too_much_and_small_p_values_read_well(pages):
    rows = ROWS.sample(12_000, replace=True, random_state=0).assign(patient_id=range(12_000))
    found = pages(rows, chapters=["patency", "univariate", "analysis"])
    assert (
        "the exact test of all groups is left out, because with so many patients too many tables"
        in found["patency"]
    )
    assert "were drawn instead of 2,000" in found["analysis"]
    text = " ".join(found.values())
    assert "P <0.0001" in text and "= <" not in text
    assert f"uses 12,000 patients, {rows['occluded_12m'].sum():,} of them with the event" in text


GROUPS = {"two": ["left leg", "right leg"], "five": ["a", "b", "c", "d", "e"]}


@pytest.mark.parametrize("number", GROUPS)
def test_other_numbers_of_groups(pages, number):
    """Every group has its row, and every pair its comparison."""
    names = GROUPS[number]
    codebook = CODEBOOK.drop(columns="level_labels_zh")
    is_group = codebook["role"] == "group"
    codebook.loc[is_group, ["label", "levels", "level_labels"]] = ["Side", "|".join(names), ""]
    rows = ROWS.assign(diagnosis=np.random.default_rng(3).choice(names, len(ROWS)))
    found = pages(rows, codebook, chapters=["methods", "patency"])
    for name in names:
        assert f"| {name} |" in found["patency"]
    assert found["patency"].count(" − ") == len(names) * (len(names) - 1) // 2


@pytest.mark.slow
def test_a_real_data_set_mapped_by_its_codebook_as_it_would_be_shown(pages):
    """Every chapter, with small cells withheld; the joint model is the one that statsmodels fits to
    the rows of the file.
    """
    rows = pd.read_csv(template.EXAMPLE_ROWS)
    codebook = pd.read_csv(template.EXAMPLE_CODEBOOK, dtype=str, keep_default_na=False)
    found = pages(rows, codebook, disclosure="5")
    assert "In this book these tables and pictures are withheld" in found["withheld"]
    factors = ["smoke", "ptl", "ht", "ui", "age", "lwt", "ftv"]
    model = sm.Logit(rows["low"], sm.add_constant(rows[factors])).fit(disp=0)
    # Of a number, which is a whole one here, for the power of ten nearest to its standard
    # deviation, at least one.
    spread = rows[factors].std().where(rows[factors].nunique() > 2, 1).clip(lower=1)
    for odds_ratio in np.exp(model.params[factors] * 10.0 ** np.round(np.log10(spread))):
        assert f"{odds_ratio:.3f}" in found["analysis"]
    text = " ".join(found.values())
    assert "2500 g or more" in text and "Crude share" in found["patency"]
    assert "1 (white)" not in text and "no (" not in text
    speaks_of_these_patients_alone(found)
    for chapter in ("analysis", "multivariate"):
        assert "Age (per 10\u00a0years) | " in found[chapter]
        assert "Weight before pregnancy (per 10\u00a0lb) | " in found[chapter]
    assert "withheld of 7 factors" not in found["analysis"]


# What only the paper's patients have.
OF_PAPER = re.compile(
    r"\b(stent|patency|NIVCS|occlu|collateral|abstract|the paper|diagnosis)", re.I
)


def speaks_of_these_patients_alone(found: dict[str, str]) -> None:
    """No word of the paper where the cohort is, nor of the cohort beside the paper's numbers."""
    assert "what that book says of the study is left out here" in found["index"]
    for chapter, text in found.items():
        prose = re.sub(r"\{(ref|doc)\}`[^`]*`|\([\w-]+\)=", "", text)
        if chapter not in ("index", "your_data", "withheld"):
            assert not OF_PAPER.findall(prose), chapter


@pytest.mark.parametrize("chapter", slow_but(["patency"], ["patency", "roc", "analysis"]))
def test_the_columns_of_downloads_have_no_name_of_the_paper(chapter, tmp_path, monkeypatch):
    rows, _ = template.write(template.example(), tmp_path)
    ran = run_book(monkeypatch, rows, "off", [chapter])[chapter]
    conditional.keep_what_holds(ran.cells, conditional.facts(load()) | ran.glued)
    found = [one.content["csv"].splitlines()[0] for one in ran.shown if "csv" in one.content]
    assert [head for head in found if OF_PAPER.search(head.replace("_", " "))] == []
    assert ("with_event" in "".join(found)) == (chapter != "roc")


@pytest.mark.parametrize(
    ("events", "said"), [(8, "12 in A and 12 in B"), (3, "24 in those withheld")]
)
def test_who_left_before_the_horizon_is_counted_beside_the_rates(pages, events, said):
    """In each arm 8 have the event and 12 leave before it is seen: 0.714, and in truth 0.8."""
    arm = pd.DataFrame(
        {
            "outcome": [1.0] * events + [np.nan] * 12 + [0.0] * (28 - events),
            "months": [3] * events + [5] * 12 + [24] * (28 - events),
        }
    )
    rows = pd.concat([arm.assign(group=group) for group in "AB"], ignore_index=True)
    rows = rows.assign(event=(rows["outcome"] == 1).astype(int), has_x=rows.index % 2)
    codebook = codebook_of(rows, "A|B").set_index("name", drop=False)
    codebook.loc["months", "unit"] = "months"
    text = pages(rows, codebook, disclosure="5", chapters=["patency"])["patency"]
    assert f"In no rate, because their outcome at 12 months is not known: {said}." in text
    assert ("| A | 20/28 | 71.4% |" in text) == (events == 8)
    for row in ["| all patients | 12 | 40 | 16 | 24 | 80.0% |", "| B | 12 | 20 | 8 | 12 | 80.0% |"]:
        assert (row in text) == (events == 8)


def test_where_most_have_the_event_those_without_it_are_counted_as_the_fewer(pages):
    random = np.random.default_rng(5)
    rows = pd.DataFrame(
        {
            "outcome": [1.0] * 70 + [0.0] * 40 + [np.nan] * 10,
            "group": random.choice(["A", "B"], 120),
            "has_x": random.integers(0, 2, 120),
        }
    )
    found = pages(
        rows, codebook_of(rows, "A|B"), disclosure="off", chapters=["index", "multivariate"]
    )
    assert (
        "With 40 patients without the event, fewer than with it, and 1 factor there are"
        in found["multivariate"]
    )
    assert "120 patients, of whom 70 had the outcome" in found["index"]
    assert "The outcome of 10 of them is not known." in found["index"]


def test_a_numbered_export_with_a_column_that_is_almost_empty(pages):
    """Words in place of its numbers; and nothing of the few patients in whom all is known."""
    random = np.random.default_rng(11)
    joint, revised = random.choice(["kn", "hp"], 120, p=[0.7, 0.3]), random.choice([1, 2], 120)
    marker = np.full(120, np.nan)
    marker[[*np.flatnonzero(revised == 1)[:1], *np.flatnonzero(revised == 2)[:6]]] = range(7)
    age = random.normal(70, 9, 120).round(1)
    rows = pd.DataFrame({"joint": joint, "age": age, "crp": marker, "revised": revised})
    long = "Diabetes mellitus (as in the letter, the medication or the HbA1c at admission) 2019"
    rows[long] = random.choice([1, 2], 120)
    codebook = pd.DataFrame(
        [
            ["joint", "ASA joint", "group", "category", "", "kn|hp", "knee|hip"],
            ["age", "Age", "factor", "number", "years", "", ""],
            ["crp", "CRP", "factor", "number", "mg/L", "", ""],
            [long, long, "factor", "binary", "", "2|1", "nein|ja"],
            ["revised", "Revision", "outcome", "binary", "24 months", "2|1", "nein|ja"],
        ],
        columns=["name", "label", "role", "type", "unit", "levels", "level_labels"],
    )
    chapters = ["index", "patency", "multivariate", "analysis"]
    found = pages(rows, codebook, disclosure="", chapters=chapters)
    speaks_of_these_patients_alone(found)
    for chapter, words in [
        ("analysis", "The cohort by ASA joint."),
        ("analysis", "kn (knee), hp (hip)"),
        ("analysis", "2 (nein), 1 (ja)"),
        ("analysis", "Share with event; filled: of the patients with the factor"),
        ("index", f"120 patients, of whom {(revised == 1).sum()} had the outcome"),
        ("multivariate", "is withheld with the joint model"),
    ]:
        assert words in found[chapter]
    assert re.search("highest in (knee|hip), lowest in", found["patency"])
    # Only the table of the codebook has what the file calls its groups.
    assert len(re.findall(r"\b(kn|hp)\b", " ".join(found.values()))) == 2
    # One of the seven had the event, as a sample size or a Brier score would tell.
    for words in ("“nein”", "Patients needed", "corrected AUC", "Brier score", "– of their size"):
        assert words not in " ".join(found.values())


def test_one_rare_factor_withholds_the_model_and_pages_say_why_and_what_helps(pages):
    """Four patients with it had the event, two had not; without its line the model is shown."""
    had = ROWS["occluded_12m"].eq(1)
    few = [*ROWS.index[had][:4], *ROWS.index[~had][:2]]
    rows = ROWS.assign(rare=ROWS.index.isin(few).astype(int))
    rule = ["rare", "Rare", "factor", "binary", "0|1"]
    names = ["name", "label", "role", "type", "levels"]
    codebook = pd.concat([CODEBOOK, pd.DataFrame([rule], columns=names)]).fillna("")
    chapters = ["methods", "multivariate", "roc", "withheld"]
    found = pages(rows, codebook, disclosure="5", chapters=chapters)
    assert "Joint model" in found["withheld"] and "Rare by" in found["withheld"]
    assert "delete the line of that factor" in found["withheld"]
    for chapter in ("multivariate", "roc"):
        assert "what can be done <withheld-models>" in found[chapter]
    assert "with it which factors are significant in it" in found["roc"]
    assert "Left out, because the table with the outcome is withheld: Rare." in found["roc"]
    assert "each factor, where none is or    there is no joint model" in found["methods"]
    mended = pages(rows, CODEBOOK, disclosure="5", chapters=["roc"])
    assert "The markers shown are the factors with P<0.05 in the joint model." in mended["roc"]


def with_a_rare_factor(events: int) -> pd.DataFrame:
    """160 patients of whom six have a rare factor, and so many of these the event."""
    random = np.random.default_rng(12)
    rows = pd.DataFrame({"group": random.choice(["A", "B"], 160), "outcome": [1] * 60 + [0] * 100})
    for name in ("has_x", "has_y"):
        rows[name] = random.integers(0, 2, 160)
    rows["size"] = random.normal(50, 9, 160).round(1)
    return rows.assign(
        has_rare=rows.index.isin([*range(events), *range(160 - 6 + events, 160)]).astype(int)
    )


IF_SHOWN = {
    "multivariate": [
        "The model itself stands in",
        "The guess made here",
        "The last column does the same",
        "Both are computed from the joint model",
    ],
    "roc": ["What the joint model predicts", "How the markers compare with the joint model"],
    "analysis": [
        "The full equation, with the intercept",
        "the penalized fit in the table",
        "Its area stands beside",
        "The curve shows whether",
        "The curve is the apparent one",
    ],
}
IF_WITHHELD = {
    "methods": ["The joint model of the third is withheld in this book"],
    "multivariate": ["The joint model of this book's patients is withheld"],
    "roc": ["How the markers compare with each other in the same patients"],
    "analysis": ["and so is whether factors separate", "The area of these risks is withheld"],
}


def test_where_the_joint_model_is_withheld_no_text_speaks_as_if_it_stood_there(pages):
    rows, chapters = with_a_rare_factor(4), ["methods", "multivariate", "roc", "analysis"]
    withheld = pages(rows, codebook_of(rows, "A|B"), "5", chapters)
    rows = rows.drop(columns="has_rare")
    shown = pages(rows, codebook_of(rows, "A|B"), "5", chapters)
    for said, own, other in [(IF_SHOWN, shown, withheld), (IF_WITHHELD, withheld, shown)]:
        for chapter, sentences in said.items():
            for sentence in sentences:
                assert sentence in own[chapter] and sentence not in other[chapter], sentence


def test_where_the_joint_model_is_withheld_each_factor_alone_still_stands_in_table_and_picture(
    pages,
):
    """The counts by outcome, the crude odds ratio and its P are not of the joint model."""
    rows = with_a_rare_factor(4)
    text = pages(rows, codebook_of(rows, "A|B"), "5", ["analysis"])["analysis"]
    ((a, b), (c, d)) = pd.crosstab(rows["has_y"], rows["outcome"]).to_numpy()[::-1, ::-1]
    alone = f"has_y | {a}/60 ({a / 60:.1%}) | {b}/100 ({b / 100:.1%}) | {a * d / b / c:.2f} ("
    assert re.search(re.escape(alone) + r"[^|]*\) \| 0\.\d+ \| withheld \| withheld", text)
    assert "has_rare" + " | withheld" * 6 in text
    assert "The joint model is withheld." in text
    assert f"has_y crude {a * d / b / c:.2f}, adjusted withheld" in text
    assert "has_rare crude withheld, adjusted withheld" in text


def with_a_small_group() -> pd.DataFrame:
    """Patients without the rare factor, of whom four with the event and two without are in C."""
    rows = with_a_rare_factor(4).drop(columns="has_rare")
    return rows.assign(group=rows["group"].mask(rows.index.isin([0, 1, 2, 3, 60, 61]), "C"))


def test_the_mends_that_are_named_for_a_withheld_model_show_it(pages):
    """A level that is rare only among those with all values, and a small group."""
    small, rows = with_a_small_group(), with_a_rare_factor(4)
    twenty = rows.index.isin([*range(8), *range(60, 72)])
    size = rows["size"].mask(rows.index.isin([*range(7), *range(60, 69)]))
    lacking = rows.assign(has_rare=twenty.astype(int), size=size)

    def listed(rows: pd.DataFrame) -> str:
        codebook = codebook_of(rows, "|".join(sorted({*rows["group"]})))
        return pages(rows, codebook, "5", ["withheld"])["withheld"]

    found = listed(lacking)
    assert "has_rare by outcome, patients with all values" in found and "Joint model |" in found
    for words in ("Fill in what is", "delete the line of the factor that lacks", "the rare one"):
        assert words in found
    filled, without = lacking.assign(size=rows["size"]), lacking.drop(columns="size")
    for mended in (filled, without, lacking.drop(columns="has_rare")):
        assert "Joint model" not in listed(mended)
    assert "Validation" not in listed(without)
    found = listed(small)
    assert "Joint model with group" in found and "Join it with another group" in found
    assert "Joint model" not in listed(small.assign(group=small["group"].replace("C", "B")))


FISHER_IN_PAIRS = "pairs of groups by Fisher's exact test with Holm's"
PARAGRAPHS = {
    "two groups": (
        lambda rows: rows,
        ["compared by Pearson's chi-square test and by Fisher's exact test.", "> All 3 factors"],
        [FISHER_IN_PAIRS, "Counts of fewer than"],
    ),
    "three groups": (
        lambda rows: rows.assign(group=list("ABCB" * 40)),
        [FISHER_IN_PAIRS, "a number by Student's t test and any other by Pearson's"],
        [],
    ),
    "one factor": (
        lambda rows: rows[["group", "outcome", "has_y"]],
        ["> The factor entered a logistic regression", "> Each factor was related to the outcome"],
        ["> All 1", "Student's t test and any", "Numbers ("],
    ),
    "no fit": (
        lambda rows: rows.assign(has_x=rows["outcome"]),
        ["> A logistic regression with all factors could not be fitted."],
        ["> All 3 factors", "validated by"],
    ),
    "withheld": (
        lambda _: with_a_small_group().assign(has_rare=with_a_rare_factor(4)["has_rare"]),
        ["factors is not shown, since it could tell", "Counts of fewer than 5 patients"],
        [FISHER_IN_PAIRS, "They were compared by", "could not be fitted", "> All"],
    ),
}


@pytest.mark.parametrize("name", slow_but(["one factor", "withheld"], PARAGRAPHS))
def test_the_paragraph_for_a_methods_section_says_what_the_book_did(pages, name):
    change, said, unsaid = PARAGRAPHS[name]
    rows = change(with_a_rare_factor(4).drop(columns="has_rare"))
    codebook = codebook_of(rows, "|".join(sorted({*rows["group"]})))
    text = pages(rows, codebook, "5" if name == "withheld" else "off", ["analysis"])["analysis"]
    paragraph = text.partition("in words that a paper can use:")[2]
    for words in said:
        assert words in paragraph, words
    for words in unsaid:
        assert words not in paragraph, words


def test_where_a_group_is_withheld_the_univariate_chapter_says_so_in_a_sentence(pages):
    codebook = codebook_of(with_a_small_group(), "A|B|C")
    for disclosure, words in [
        ("5", "The comparison of the groups of this cohort is withheld"),
        ("off", "Pearson's chi-square test of the groups of this cohort gives P"),
    ]:
        text = pages(with_a_small_group(), codebook, disclosure, ["univariate"])["univariate"]
        assert words in text and "cohort withheld" not in text


def test_a_withheld_model_is_not_said_to_have_no_maximum(pages):
    """Or all six with the rare factor would be known to have had the event."""
    rows = with_a_rare_factor(6)
    codebook = codebook_of(rows, "A|B")
    assert "By maximum likelihood: " in pages(rows, codebook, "off", ["analysis"])["analysis"]
    assert "By maximum likelihood: " not in pages(rows, codebook, "5", ["analysis"])["analysis"]


def test_without_a_joint_model_chapters_say_that_there_is_none(pages):
    change, _ = CASES["complete separation"]
    found = pages(change(ROWS), chapters=["methods", "multivariate", "roc"])
    assert "There is no joint model" in found["roc"] and "No factor has P<0.05" not in found["roc"]
    assert "The joint model of the third cannot be fitted to these patients" in found["methods"]
    assert "These patients have no joint model" in found["multivariate"]
    assert "The joint model itself needs one row per patient" not in found["multivariate"]


def test_printed_counts_that_contradict_one_another_are_said_to(pages, monkeypatch, tmp_path):
    """Whatever else a chapter says, it says this, and shows no number that needs a solution."""
    path = tmp_path / "claims.csv"
    altered.with_change(published.read(), "roc.incomplete_coverage.sensitivity", 1, path)
    monkeypatch.setattr(published, "PATH", path)
    found = pages(ROWS, chapters=["methods", "patency", "univariate", "multivariate", "roc"])
    for chapter, words in found.items():
        assert "The printed counts contradict one another" in words, chapter
