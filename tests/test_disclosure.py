"""What a book shows of patients is exact, and what it withholds cannot be computed from the rest.

Books are made in this process, of cohorts in which somebody stands out. The attack knows all that
their pages and files say, and asks a linear program for the range of each withheld cell.
"""

import dataclasses
import io
import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from chapter import ON_ROWS, run, run_book
from helpers import codebook_of, random_patients, read_cohort, refusal, slow_but, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import Shown
from scipy import special, stats
from scipy.optimize import linprog
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.contingency_tables import Table2x2

from lib.patients import disclosure, loading, template
from lib.patients.cohort import Cohort, Withheld
from lib.patients.errors import InputError
from lib.patients.loading import EXAMPLE
from lib.show import display, figures, model_tables, tables, withhold
from lib.show import rows as pictures
from lib.site import notebooks
from lib.statistics import (
    bootstrap,
    methods,
    multivariate,
    patency,
    roc,
    sensitivity,
    survival,
    univariate,
)

CHAPTERS = [*ON_ROWS, "ledger", "your_data", "withheld"]
NUMBER = re.compile(r"\d[\d,]*\.?\d*")


# ------------------------------------------------------------------------- cohorts and their books


def study(seed: int, shares: dict[str, float], sizes: dict[str, int], risk=0.3) -> pd.DataFrame:
    """Patients of groups with independent binary factors, and an outcome that they raise."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame({"group": np.repeat(list(sizes), list(sizes.values()))})
    for name, share in shares.items():
        rows[name] = (random.random(len(rows)) < share).astype(int)
    odds = np.log(risk / (1 - risk)) + 0.7 * (rows[list(shares)].sum(axis=1) - sum(shares.values()))
    return rows.assign(outcome=(random.random(len(rows)) < 1 / (1 + np.exp(-odds))).astype(int))


def rare_pair() -> pd.DataFrame:
    """Two rare factors that one patient shares."""
    rows = study(1, {"has_c": 0.5}, {"A": 90, "B": 110}, risk=0.5)
    return rows.assign(
        has_a=np.isin(np.arange(200), np.arange(10, 170, 8)).astype(int),
        has_b=np.isin(np.arange(200), [10, *range(13, 180, 8)]).astype(int),
    )


def followed(late: int) -> pd.DataFrame:
    """Patients who were followed beyond the horizon, some of whom had the event only then."""
    rows = study(2, {"has_a": 0.4, "has_b": 0.5}, {"A": 80, "B": 100})
    random = np.random.default_rng(3)
    early = rows["outcome"] == 1
    rows["months"] = np.where(early, random.uniform(0.5, 12, 180), random.uniform(12.1, 60, 180))
    rows["event"] = rows["outcome"]
    rows.loc[rows.index[~early][:: 125 // late][:late], "event"] = 1
    return rows.round({"months": 1})


def numbers() -> pd.DataFrame:
    """Numbers that tell the outcome, of whom some are missing, beside two yes-or-no factors."""
    random = np.random.default_rng(8)
    rows = study(8, {"has_a": 0.3, "has_b": 0.5}, {"A": 130, "B": 120, "C": 50})
    rows["size"] = (20 + 6 * rows["outcome"] + 5 * random.standard_normal(300)).round(1)
    rows["age"] = random.integers(20, 90, 300).astype(float)
    rows.loc[random.random(300) < 0.1, "age"] = np.nan
    return rows


COHORTS = {
    "two rare factors in one patient": rare_pair(),
    "a group of six": study(4, {"has_a": 0.4, "has_b": 0.6}, {"A": 90, "B": 70, "C": 6}),
    "a group of three": study(5, {"has_a": 0.4, "has_b": 0.6}, {"A": 90, "B": 70, "C": 3}),
    "five late events": followed(5),
    "three late events": followed(3),
    "many late events": followed(60),
    "many factors": study(
        6,
        {f"has_{i}": share for i, share in enumerate(np.linspace(0.004, 0.5, 30), start=10)},
        {"A": 300, "B": 400, "C": 158},
    ),
    "a rare outcome": study(7, {"has_a": 0.1, "has_b": 0.5}, {"A": 150, "B": 150}, risk=0.05),
}
NUMBERS = numbers()
EXAMPLE_COHORT = loading.load(EXAMPLE)
QUICK = ["two rare factors in one patient", "five late events"]


@dataclass
class BookShown:
    """What a book shows.

    ``cells`` are those of its tables, by table, row (its first cell, and the how many it is with
    it) and column; ``files`` those of tables and figures; ``texts`` all alternatives, captions,
    notes and sentences, and what is glued, by page and name.
    """

    cells: dict[tuple[str, str, int, str], str] = field(default_factory=dict)
    files: dict[str, pd.DataFrame] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, page: str, output: Shown) -> None:
        about = output.content
        for what in ("alt", "caption", "note", "sentences"):
            self.texts[page, f"{about['name']} {what}"] = str(about.get(what))
        columns = [
            one if isinstance(one, str) else one["label"] for one in about.get("columns", [])
        ]
        seen: Counter[str] = Counter()
        # How many patients a column is about, which stands in its heading, is a cell as well.
        for place, column in enumerate(columns):
            columns[place], _, number = column.replace("\N{NO-BREAK SPACE}", " ").partition(
                " (n = "
            )
            if number:
                self.cells[about["name"], "n", 1, columns[place]] = number.rstrip(")")
        for row in about.get("rows", []):
            first, *others = map(display.text_of, row)
            seen[first] += 1
            for column, cell in zip(columns[1:], others, strict=True):
                self.cells[about["name"], first, seen[first], column] = cell
        if about.get("csv") is not None:
            self.files[about["name"]] = pd.read_csv(io.StringIO(about["csv"]), dtype=str).fillna("")


def written(rows: pd.DataFrame, folder: Path, **units: str) -> Path:
    """A file of rows with its codebook, in which some columns have a unit."""
    codebook = codebook_of(rows, "|".join(filter(None, rows["group"].unique())))
    codebook = codebook.set_index("name", drop=False)
    codebook.loc[list(units), "unit"] = list(units.values())
    return write_rows(folder, rows, codebook)


def births(folder: Path) -> Path:
    return template.write(template.example(), folder)[0]


def example(folder: Path) -> Path:
    """The study's own example, handed in as somebody's file."""
    rows = pd.read_csv(EXAMPLE, comment="#").rename(columns={"patient_id": "Patient_ID"})
    rows.to_csv(folder / "registry.csv", index=False)
    return folder / "registry.csv"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Loads rows as somebody's file; DISCLOSURE is the second argument."""

    def loaded(rows: pd.DataFrame, disclosed: str, **units: str) -> Cohort:
        monkeypatch.setenv("COHORT", str(written(rows, tmp_path, **units)))
        monkeypatch.setenv("DISCLOSURE", disclosed)
        return loading.load()

    return loaded


FILES = {name: lambda folder, name=name: written(COHORTS[name], folder) for name in COHORTS}
FILES |= {"numbers": lambda folder: written(NUMBERS, folder), "births": births, "example": example}

# With a small table of those who lack a value, no curve over risks is shown.
OTHERS = {"numbers of all": lambda folder: written(NUMBERS.dropna(), folder)}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Makes the book about some rows, once; DISCLOSURE is the second argument."""
    made: dict[tuple[str, str], BookShown] = {}

    def make(name: str, disclosed: str) -> BookShown:
        if (name, disclosed) not in made:
            path = (FILES | OTHERS)[name](tmp_path_factory.mktemp("rows"))
            made[name, disclosed] = executed(path, disclosed)
        return made[name, disclosed]

    return make


def executed(path: Path, disclosed: str) -> BookShown:
    shown, validate = BookShown(), bootstrap.validate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "validate", lambda cohort, resamples: validate(cohort, 50))
        for chapter, ran in run_book(patch, path, disclosed, CHAPTERS, lay_out=False).items():
            for output in ran.shown:
                shown.take(chapter, output)
            shown.texts |= {(chapter, name): str(text) for name, text in ran.glued.items()}
    return shown


# --------------------------------------------------------------------------- what is shown is exact


# What only a book that withholds has.
ALONE = ("tab-withheld", "tab-file-report")
# Of the markers of the ROC chapter: the significant factors of the joint model, or all where that
# is withheld.
OF_MARKERS = ("tab-accuracy", "tab-auc-intervals", "fig-roc", "fig-auc-intervals", "prevalence")
# Their alternatives name a few points, which are others where fewer are shown.
CURVES = ("fig-calibration", "fig-decision", "fig-roc", "fig-kaplan-meier", "fig-form")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", slow_but(QUICK, [*FILES]))
def test_what_both_books_show_is_the_same(book, name):
    careful, whole = book(name, "5"), book(name, "off")
    withheld, alone = 0, ALONE
    if "tab-joint" in whole.files.keys() - careful.files.keys():
        alone += OF_MARKERS
    for place, cell in careful.cells.items():
        if place[0] not in alone:
            assert cell in (whole.cells[place], display.WITHHELD), place
            withheld += cell == display.WITHHELD
    for file, rows in careful.files.items():
        if file in alone or file.startswith("fig-form"):  # the curve ends elsewhere
            continue
        known = whole.files[file]
        assert list(rows) == list(known)
        for row in rows.to_numpy():
            same = (known.to_numpy() == row) | (row == display.WITHHELD)
            assert same.all(axis=1).any(), (file, row)
    for place, text in careful.texts.items():
        words = f"{place[1]} {text}"
        if alone != ALONE and (place[0] == "roc" or "pairs" in place[1]):
            continue
        if not any(one in words for one in [display.WITHHELD, "only_", *alone, *CURVES]):
            assert {*NUMBER.findall(text)} <= {*NUMBER.findall(whole.texts[place])}, place
    assert len(careful.cells) > 100 and withheld


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", slow_but(QUICK, [*FILES]))
def test_what_is_withheld_in_a_table_stands_in_no_text(book, name):
    careful, whole = book(name, "5"), book(name, "off")
    gone = {
        whole.cells[place]
        for place, cell in careful.cells.items()
        if cell == display.WITHHELD and place in whole.cells
    }
    still = {cell for cell in careful.cells.values() if cell != display.WITHHELD}
    everything = " ".join(careful.texts.values())
    # What is as long as an estimate with its interval stands for itself.
    for cell in gone - still:
        assert len(cell) < 12 or cell not in everything, cell


SIX = COHORTS | {"numbers": NUMBERS}
for without_a_model in ("many factors", "a rare outcome", "three late events"):
    del SIX[without_a_model]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", slow_but(QUICK, SIX))
def test_the_numbers_of_a_book_are_those_of_plain_packages(book, name):
    rows, files = SIX[name], book(name, "off").files
    factors = [one for one in rows if one not in ("group", "outcome", "months", "event")]
    complete = rows.dropna()
    design = sm.add_constant(complete[factors].astype(float))
    plain = sm.GLM(complete["outcome"], design, sm.families.Binomial()).fit(tol=1e-12)
    joint = files["tab-joint"].set_index("term").loc[plain.params.index]
    for column, expected in [
        ("coefficient", plain.params),
        ("standard_error", plain.bse),
        ("p", plain.pvalues),
    ]:
        np.testing.assert_allclose(joint[column].astype(float), expected, rtol=1e-6, atol=1e-9)
    alone = files["tab-univariate"].set_index("factor")
    for factor in [one for one in factors if one.startswith("has_")]:
        table = pd.crosstab(rows[factor], rows["outcome"])
        plain_table = Table2x2(table.to_numpy())
        expected = [
            *(stats.chi2_contingency(table, yates).pvalue for yates in (False, True)),
            stats.fisher_exact(table).pvalue,
            plain_table.oddsratio,
            *plain_table.oddsratio_confint(),
        ]
        of_table = ["pearson", "yates", "fisher", "odds_ratio", "lower", "upper"]
        found = alone.loc[factor, of_table].astype(float)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    risks = [plain.fittedvalues[complete["outcome"] == value] for value in (1, 0)]
    area = stats.mannwhitneyu(*risks).statistic / len(risks[0]) / len(risks[1])
    found = files["tab-areas"].set_index("score").loc["Joint model", "auc"]
    assert float(found) == pytest.approx(area, rel=1e-6)
    curves = files.get("fig-kaplan-meier", pd.DataFrame({"group": []}))
    for group, curve in curves[curves["group"].isin(rows["group"])].groupby("group"):
        own = rows[rows["group"] == group]
        theirs = SurvfuncRight(own["months"], own["event"])
        ours = curve.set_index(curve["time"].astype(float))["survival"].astype(float)
        expected = pd.Series(theirs.surv_prob, theirs.surv_times)
        np.testing.assert_allclose(ours[expected.index], expected, rtol=1e-6, atol=1e-9)


# -------------------------------------------------------------------------------------- the attack


# Where what follows from a factor's table with the outcome stands: the column of the factor, and
# what the others hold.
OF_TABLE = {name: name for name in ("pearson", "yates", "fisher", "wald", "odds_ratio")}
TOLD = {
    "tab-univariate": ("factor", OF_TABLE),
    "tab-crude-and-adjusted": ("factor", OF_TABLE),
    "fig-forest": ("factor", {"pearson": "pearson", "odds_ratio_crude": "odds_ratio"}),
    "tab-multiplicity": ("factor", {"p": "pearson"}),
    "tab-stability": ("factor", {"screening_p": "wald"}),
    "tab-areas": ("score", {"auc": "auc"}),
}


# What the levels of an outcome without words of its own are called in a table by outcome.
HEADED = {0.0: "Without event", 1.0: "With event"}


def told(shown: BookShown, by: str, name: str) -> list[tuple[str, float]]:
    """What a book shows of a factor's table with group or outcome beside its counts."""
    row = shown.files[f"tab-baseline-{by}"].set_index("variable").loc[name]
    test = {"chi-square": "pearson", "exact": "fisher"}.get(row["test"], "")
    found = [(test, row["p"]), ("difference", row["standardized_difference"])]
    for file, (key, columns) in TOLD.items() if by == "outcome" else ():
        rows = shown.files.get(file, pd.DataFrame({key: []}))
        for column in columns.keys() & {*rows}:
            found += [(columns[column], value) for value in rows.loc[rows[key] == name, column]]
    return [(what, float(value)) for what, value in found if value not in (display.WITHHELD, "")]


def statistics_of(exposed: list[np.ndarray], sizes: list[int]) -> dict[str, np.ndarray]:
    """What may be told of a factor, for each of many tables: so many exposed in each part of the
    patients."""
    shares = [count / size for count, size in zip(exposed, sizes, strict=True)]
    of_all = sum(exposed) / sum(sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sum(n * (p - of_all) ** 2 for n, p in zip(sizes, shares, strict=True))
        pairs = itertools.combinations(shares, 2)
        apart = [abs(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2) for p, q in pairs]
        found = {
            "pearson": stats.chi2.sf(spread / of_all / (1 - of_all), len(sizes) - 1),
            "difference": np.max(apart, axis=0),
        }
        if len(sizes) == 2:
            odds = [p / (1 - p) for p in shares]  # without the outcome, and with it
            found |= {"odds_ratio": odds[1] / odds[0], "auc": 0.5 + abs(shares[1] - shares[0]) / 2}
            tests = univariate.p_values_of_all_pairs(*sizes).items()
            found |= {test: p[*exposed] for test, p in tests if test != "pearson"}
        elif exposed[0].size < 10**6:
            found["fisher"] = exact(exposed, sizes)
    return found


def ways(exposed: list[np.ndarray], sizes: list[int]) -> np.ndarray:
    """The logarithm of the number of ways in which each of many tables comes about."""
    return sum(np.log(special.comb(n, x)) for n, x in zip(sizes, exposed, strict=True))


def exact(exposed: list[np.ndarray], sizes: list[int]) -> np.ndarray:
    """P of Freeman and Halton's exact test of each of many tables: of all with as many exposed, the
    share of those that are no more probable."""
    totals, own, p = sum(exposed), ways(exposed, sizes), np.zeros(exposed[0].shape)
    for total in np.unique(totals):
        every = np.meshgrid(*(np.arange(min(size, total) + 1) for size in sizes), indexing="ij")
        of_all = np.log(special.comb(sum(sizes), total))
        chances = np.sort(np.exp(ways(every, sizes)[sum(every) == total] - of_all))
        here = totals == total
        until = np.searchsorted(chances, np.exp(own[here] - of_all) * (1 + 1e-7))
        p[here] = np.append(0, chances.cumsum())[until]
    return p


class Attack:
    """What an attacker knows: linear equations about the counts of patients by group, some of the
    factors and outcome, taken from the tables and files of a book; and bounds of these counts, from
    what follows of them.
    """

    def __init__(self, rows: pd.DataFrame, shown: BookShown, factors: list[str]) -> None:
        self.factors = factors
        self.groups = list(rows["group"].unique())
        kinds = {"group": self.groups} | {name: [0, 1] for name in (*factors, "outcome")}
        self.cells = pd.DataFrame(itertools.product(*kinds.values()), columns=list(kinds))
        self.equations: list[tuple[np.ndarray, float]] = [(self.of(), len(rows))]
        self.bounds: list[tuple[np.ndarray, float]] = []  # so many at most
        for take in (self.baseline, self.patency, self.alone, self.pairs, self.shares):
            take(shown)
        self.accuracy(shown)
        for by, name in itertools.product(("outcome", "group"), factors):
            self.tables(shown, by, name, rows.groupby(by)[name].agg(["size", "mean"]))

    def of(self, **levels) -> np.ndarray:
        chosen = np.full(len(self.cells), True)
        for name, level in levels.items():
            chosen &= self.cells[name] == level
        return chosen.astype(float)

    def know(self, count: str | float, **levels) -> None:
        if count not in (display.WITHHELD, "") and {*levels} <= {*self.cells}:
            self.equations.append((self.of(**levels), float(count)))

    def baseline(self, shown: BookShown) -> None:
        for by, levels in (("group", {one: one for one in self.groups}), ("outcome", HEADED)):
            for level, heading in levels.items():
                number = shown.cells.get((f"tab-baseline-{by}", "n", 1, heading), "")
                self.know(number, **{by: level})
            for _, row in shown.files[f"tab-baseline-{by}"].iterrows():
                for level, heading in levels.items():
                    self.know(row[f"{heading} n"], **{by: level})
                    self.know(row[f"{heading} count"], **{by: level, row["variable"]: 1})
                self.know(row["all count"], **{row["variable"]: 1})

    def patency(self, shown: BookShown) -> None:
        for file in ("tab-patency", "fig-patency"):
            for _, row in shown.files[file].iterrows():
                self.know(row["patients"], group=row["group"])
                self.know(row["with_event"], group=row["group"], outcome=1)

    def alone(self, shown: BookShown) -> None:
        for file in ("tab-univariate", "fig-forest"):
            for _, row in shown.files.get(file, pd.DataFrame()).iterrows():
                self.know(row["with_event"], outcome=1)
                self.know(row["exposed_with_event"], outcome=1, **{row["factor"]: 1})
                self.know(row["exposed_without_event"], outcome=0, **{row["factor"]: 1})

    def pairs(self, shown: BookShown) -> None:
        """n11 from r and the margins."""
        totals = shown.files["tab-baseline-group"].set_index("variable")["all count"]
        n = self.equations[0][1]
        for _, row in shown.files["tab-collinearity"].iterrows():
            for one, other in itertools.product({row["factor"]} & {*self.factors}, self.factors):
                printed = [row[other], *totals[[one, other]]]
                if one != other and display.WITHHELD not in printed:
                    r, a, b = map(float, printed)
                    both = (r * np.sqrt(a * (n - a) * b * (n - b)) + a * b) / n
                    self.know(str(round(both)), **{one: 1, other: 1})

    def shares(self, shown: BookShown) -> None:
        for _, row in shown.files.get("fig-shares", pd.DataFrame()).iterrows():
            where = {row["factor"]: int(row["exposed"])}
            where |= {"group": row["group"]} if row["group"] != "all" else {}
            self.know(row["patients"], **where)
            self.know(round(float(row["patients"]) * float(row["share"])), outcome=1, **where)

    def tables(self, shown: BookShown, by: str, name: str, parts: pd.DataFrame) -> None:
        """The counts of a factor with which its table gives every P, odds ratio, area and
        difference that is shown of it. Who has it more often, of two, is taken to be known."""
        row = shown.files[f"tab-baseline-{by}"].set_index("variable").loc[name]
        levels = [float(level) if by == "outcome" else level for level in parts.index]
        counts = [row[f"{HEADED.get(level, level)} count"] for level in levels]
        if display.WITHHELD not in counts or not (known := told(shown, by, name)):
            return
        sizes = list(parts["size"])
        possible = [
            np.arange(size + 1) if count == display.WITHHELD else [int(count)]
            for count, size in zip(counts, sizes, strict=True)
        ]
        exposed = np.meshgrid(*possible, indexing="ij")
        every = statistics_of(exposed, sizes)
        fits = np.full(exposed[0].shape, True)
        if row["all count"] != display.WITHHELD:
            fits &= sum(exposed) == int(row["all count"])
        if len(sizes) == 2:
            lead = exposed[1] / sizes[1] - exposed[0] / sizes[0]
            fits &= np.sign(lead) == np.sign(np.diff(parts["mean"]))
        for what, value in known:
            if what in every:
                fits &= np.isclose(every[what], value, rtol=1e-6)
        for level, count in zip(levels, exposed, strict=True):
            cell = self.of(**{by: level, name: 1})
            self.bounds += [(cell, count[fits].max()), (-cell, -count[fits].min())]

    def accuracy(self, shown: BookShown) -> None:
        """The counts of a marker are those of its table with the outcome, which must be shown."""
        known = shown.files["tab-univariate"].set_index("factor")["exposed_with_event"]
        markers = shown.files.get("tab-accuracy", pd.DataFrame({"marker": []}))["marker"]
        assert display.WITHHELD not in set(known[markers.unique()])

    def range_of(self, **levels) -> tuple[float, float]:
        """The least and the greatest count that all that is known allows."""
        equal, value = map(np.array, zip(*self.equations, strict=True))
        bounded, most = (
            map(np.array, zip(*self.bounds, strict=True)) if self.bounds else (None,) * 2
        )
        cell = self.of(**levels)
        found = [linprog(sign * cell, bounded, most, equal, value).fun * sign for sign in (1, -1)]
        return found[0], found[1]


def unsafe_cells(rows: pd.DataFrame) -> list[dict]:
    """The cells of 1 to 4 patients, and those without the event where all had it, of all tables of
    one and two columns."""
    names = [name for name in rows if name not in ("months", "event")]
    found = []
    for pair in [*([name] for name in names), *itertools.combinations(names, 2)]:
        counts = rows.groupby(list(pair)).size()
        levels = [rows[name].unique() for name in pair]
        for cell in itertools.product(*levels):
            key = cell if len(cell) > 1 else cell[0]
            count, where = counts.get(key, 0), dict(zip(pair, cell, strict=True))
            everyone = "outcome" in where and where["outcome"] == 0 and len(pair) > 1 and not count
            if 0 < count < 5 or everyone:
                found.append(where)
    return found


def overlapping(seed: int) -> pd.DataFrame:
    """Patients whose factors tell of one another, as where only those with one can have the other,
    or only those without it."""
    random = np.random.default_rng(seed)
    number = int(random.integers(80, 200))
    rows = pd.DataFrame({"group": random.choice(list("ABC"), number, p=[0.6, 0.3, 0.1])})
    latent = random.random(number)
    for name in ["has_a", "has_b", "has_c", "outcome"]:
        beside = latent + random.uniform(0, 0.5) * random.random(number)
        values = random.permutation(latent) if random.random() < 0.3 else beside
        values *= random.choice([-1, 1])
        rows[name] = (values < np.quantile(values, random.uniform(0.05, 0.6))).astype(int)
    return rows


def is_shown(found: Withheld, where: dict) -> bool:
    """Whether the count of those with a level of one column, or of two, is shown."""
    columns, group = {*where} - {"group"}, where.get("group")
    if len(where) == 1:
        return not found.totals & {*columns, group}
    if group is not None:
        return group not in found.by_group(*columns)
    if "outcome" in columns:
        return not found.outcome & columns
    return frozenset(columns) not in found.pairs


@pytest.mark.parametrize("seeds", [[128, 199], range(12)], ids=["nested", "any"])
def test_all_tables_together_leave_each_small_cell_its_range(seeds):
    """What all shown tables of group, factors and outcome allow it together (a linear program)."""
    looked_at, narrow = 0, []
    for rows in map(overlapping, seeds):
        if Withheld(5).small(rows["outcome"].value_counts()).any():
            continue
        found = disclosure.withheld(read_cohort(rows, "A|B|C"), 5)
        kinds = [sorted(rows[name].unique()) for name in rows]
        cells = pd.DataFrame(itertools.product(*kinds), columns=list(rows))
        known = [(cells["outcome"] >= 0, len(rows))]
        for pair in [*itertools.combinations(rows, 1), *itertools.combinations(rows, 2)]:
            for cell in itertools.product(*(rows[name].unique() for name in pair)):
                where = dict(zip(pair, cell, strict=True))
                if is_shown(found, where):
                    own = (rows[[*pair]] == [*cell]).all(axis=1).sum()
                    known.append(((cells[[*pair]] == [*cell]).all(axis=1), own))
        told, counts = map(np.array, zip(*known, strict=True))
        for where in unsafe_cells(rows):
            cell = (cells[[*where]] == [*where.values()]).all(axis=1)
            least, most = (
                sign * linprog(sign * cell, A_eq=told, b_eq=counts).fun for sign in (1, -1)
            )
            looked_at += 1
            narrow += [(where, least, most)] * (least > 1 + 1e-6 or most < 4 - 1e-6)
    assert looked_at
    assert narrow == []


def test_a_pair_is_withheld_for_the_complete_too():
    """Of those without a missing value the correlations tell the tables of a and c, and of b and
    c, and so that four or more have both a and b: as four have, exactly four."""
    parts = {(1, 1, 1): 4, (1, 0, 1): 18, (0, 1, 1): 10, (0, 0, 1): 3}
    parts |= {(1, 0, 0): 25, (0, 1, 0): 30, (0, 0, 0): 110}
    rows = pd.DataFrame([*parts], columns=["has_a", "has_b", "has_c"])
    rows = rows.loc[np.repeat(rows.index, [*parts.values()])].reset_index(drop=True)
    neither = rows["has_a"] + rows["has_b"] == 0
    missing = neither & (rows["has_c"].eq(1) | (rows.groupby("has_c").cumcount(False) < 12))
    rows = rows.assign(age=np.arange(200) % 40 + 40.0, outcome=np.arange(200) % 2)
    found = disclosure.withheld(read_cohort(rows.assign(age=rows["age"].mask(missing))), 5)
    pairs = [*itertools.combinations(["has_a", "has_b", "has_c"], 2)]
    assert frozenset(pairs[0]) in found.pairs
    assert {frozenset(pair) for pair in pairs[1:]} & found.pairs


def test_a_factor_by_outcome_is_withheld_for_the_complete_too():
    """Of 86 without a missing value the area of b tells that 9 of 26 with b had the event, and its
    correlation with a that 20 of these have a, so that three or more with a had it: as four had."""
    parts = {(1, 1): (4, 20), (0, 1): (5, 6), (0, 0): (20, 60)}
    rows = pd.DataFrame(
        [
            (*levels, int(place < had), 40.0 + place % 30)
            for levels, (had, size) in parts.items()
            for place in range(size)
        ]
        + [(0, 1, 0, np.nan)] * 10,
        columns=["has_a", "has_b", "outcome", "age"],
    )
    rows["group"] = np.where(np.arange(96) % 2, "A", "B")
    found = disclosure.withheld(read_cohort(rows), 5)
    assert "has_a" in found.outcome
    assert frozenset({"has_a", "has_b"}) in found.pairs or "has_b" in found.outcome


@pytest.mark.parametrize(("size", "hidden"), [(6, True), (30, False)])
def test_a_correlation_tells_no_mean_of_a_few(size, hidden):
    """With mean and standard deviation of all it gives the sum of a number over those with a
    factor."""
    rows = pd.DataFrame({"has_b": (np.arange(150) < size).astype(int)})
    rows = rows.assign(size=np.arange(150) % 29 + 1.0, outcome=np.arange(150) % 2)
    found = disclosure.withheld(read_cohort(rows), 5)
    assert (frozenset({"has_b", "size"}) in found.pairs) == hidden


@pytest.mark.parametrize(("lacking", "hidden"), [(0, False), (6, True), (30, False)])
def test_means_by_outcome_leave_over_no_few(lacking, hidden):
    """The mean of all less those by outcome is that of the patients without an outcome."""
    outcome = pd.Series(np.arange(150) % 2, dtype="Int64").mask(np.arange(150) < lacking)
    rows = pd.DataFrame({"has_b": np.arange(150) // 2 % 2, "size": np.arange(150) % 29 + 1.0})
    found = disclosure.withheld(read_cohort(rows.assign(outcome=outcome)), 5)
    assert ("size" in found.outcome) == hidden


def test_where_too_few_are_beyond_the_knots_of_a_curve_it_is_withheld():
    """Outside the knots the curve is a straight line, so that they can be found on it."""
    for number, drawn in {61: False, 200: True}.items():
        rows = random_patients(number).assign(length=np.arange(number) * 0.7)
        cohort = read_cohort(rows, "A|B|C")
        form = sensitivity.functional_form(
            dataclasses.replace(cohort, withheld=Withheld(5)), "length"
        )
        assert np.isfinite(form.p) and (len(form.curve) > 0) == drawn
        assert len(sensitivity.functional_form(cohort, "length").curve)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", slow_but(QUICK, [*COHORTS]))
def test_no_withheld_cell_can_be_computed_from_what_is_shown(book, name):
    """With many factors, of some cells, beside some of the other factors."""
    rows, random = COHORTS[name], np.random.default_rng(0)
    factors = [one for one in rows if one.startswith("has_")]
    cells = unsafe_cells(rows)
    for place in random.permutation(len(cells))[:40]:
        where = cells[place]
        beside = [one for one in random.permutation(factors) if one not in where]
        own = [one for one in where if one in factors]
        attack = Attack(rows, book(name, "5"), [*own, *beside[: 5 - len(own)]])
        least, most = attack.range_of(**where)
        assert least <= 1 + 1e-6 and most >= 4 - 1e-6, (where, least, most)


@pytest.mark.filterwarnings("ignore")
def test_the_same_attack_computes_what_is_not_withheld(book):
    rows = COHORTS["two rare factors in one patient"]
    attack = Attack(rows, book("two rare factors in one patient", "off"), ["has_a", "has_b"])
    assert attack.range_of(has_a=1, has_b=1) == pytest.approx((1, 1))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "by", "factor", "left"),
    [(QUICK[0], "outcome", "has_c", what) for what in (*OF_TABLE, "auc", "difference")]
    + [(QUICK[0], "group", "has_c", what) for what in ("pearson", "difference")]
    + [pytest.param("a group of six", "group", "has_a", "fisher", marks=pytest.mark.slow)],
)
def test_the_same_attack_computes_a_table_from_what_follows_of_it(
    book, monkeypatch, name, by, factor, left
):
    """Were a single one of its statistics shown, and none of its counts."""
    rows, whole = COHORTS[name], book(name, "off")
    counts = [
        "exposed_with_event",
        "exposed_without_event",
        "Without event count",
        "With event count",
    ]
    if by == "group":
        counts = [f"{group} count" for group in "ABC"]
    files = {
        file: table.assign(**{one: display.WITHHELD for one in counts if one in table})
        for file, table in whole.files.items()
        if file not in ("tab-accuracy", "fig-shares")
    }
    chosen = [one for one in told(whole, by, factor) if one[0] == left]
    assert chosen
    monkeypatch.setitem(globals(), "told", lambda *_: chosen)
    attack = Attack(rows, BookShown(files=files), [factor])
    where = {factor: 1, by: "A" if by == "group" else 1.0}
    truth = (rows[list(where)] == list(where.values())).all(axis=1).sum()
    assert attack.range_of(**where) == pytest.approx((truth, truth))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_number_of_few_values_is_withheld_like_a_table_of_them(book):
    """With its number, mean and standard deviation the table would be known: 159, 24, 5 and 1."""
    shown = book("births", "5")
    for table in ("tab-baseline-group", "tab-baseline-outcome"):
        row = shown.files[table].set_index("variable").loc["ptl"].drop(["label", "kind", "missing"])
        assert set(row) == {display.WITHHELD}


def means(cohort: Cohort, shown: list[Shown], by: str, name: str) -> dict[object, np.ndarray]:
    """What a baseline table by group or outcome shows of a number: patients, mean and standard
    deviation by level; and those of the patients in no level, which they leave over."""
    levels = cohort.groups if by == "group" else [0.0, 1.0]
    described = methods.baseline(cohort, getattr(cohort, by))
    tables.baseline(cohort, described, {one: str(one) for one in levels}, name="tab", caption="")
    row = pd.read_csv(io.StringIO(shown[-1].content["csv"]), index_col="variable", dtype=str)
    cells = row.loc[name].replace(display.WITHHELD, "nan").astype(object)
    found = {
        one: cells[[f"{one} {part}" for part in ("n", "mean", "sd")]].to_numpy(float)
        for one in [*levels, "all"]
    }
    # Patients, sum and sum of squares of all, less those of the levels.
    sums = {one: (n, n * m, (n - 1) * sd**2 + n * m**2) for one, (n, m, sd) in found.items()}
    n, total, squares = np.subtract(sums.pop("all"), np.sum([*sums.values()], axis=0))
    if n > 1:
        spread = np.sqrt(max(squares - total**2 / n, 0) / (n - 1))
        found["nobody's"] = np.array([n, total / n, spread])
    return found


@pytest.mark.parametrize("number", [False, True])
def test_patients_of_a_combination_of_levels_are_not_counted_by_their_risk(load, number):
    """At a threshold of 31% true and false alarms are 18 and 33: 51 patients, of whom a table has
    50, so that the pattern beside it in that order is one patient."""
    rows = study(3, {"has_a": 0.4, "has_b": 0.5, "has_c": 0.5}, {"A": 130, "B": 130})
    if number:
        rows["size"] = np.random.default_rng(21).normal(50, 9, 260).round(1)
    cohort = load(rows, "5")
    assert not disclosure.hides_model(cohort, cohort.factors)
    listed = {*withhold.account(cohort)["table"]}
    assert ("Calibration and decision curves" in listed) == (not number)
    assert withhold.counts_patterns(cohort) == (not number)
    assert not withhold.counts_patterns(load(rows, "off"))


def test_a_model_without_a_maximum_does_not_say_who_is_left_out(load):
    """Two factors that differ in two patients, who both lack a third, are one among the others."""
    rows = study(3, {"has_a": 0.4, "has_c": 0.5}, {"A": 130, "B": 130}, risk=0.4)
    rows["size"] = np.random.default_rng(21).normal(50, 9, 260).round(1)
    rows["has_b"] = rows["has_a"]
    rows.loc[[7, 8], "has_b"] = 1 - rows.loc[[7, 8], "has_b"]
    assert not disclosure.hides_model(load(rows, "5"), ["has_a", "has_b", "has_c", "size"])
    rows.loc[[7, 8], "size"] = np.nan
    assert disclosure.hides_model(load(rows, "5"), ["has_a", "has_b", "has_c", "size"])


def test_a_model_with_levels_of_a_category_has_one_answer_for_all_small_cells(
    tmp_path, monkeypatch
):
    """Of 32, 17 and 26 patients 26, 4 and 21 had the event: fewer in the second would leave too
    few without it elsewhere."""
    stages = np.repeat(["I", "II", "III"], [32, 17, 26])
    outcome = np.concatenate([np.arange(n) < k for n, k in ((32, 26), (17, 4), (26, 21))])
    random = np.random.default_rng(21)
    rows = pd.DataFrame(
        {"group": ["A", "B", "A"] * 25, "has_a": random.integers(0, 2, 75), "stage": stages}
    )
    rows["outcome"] = outcome.astype(int)
    codebook = codebook_of(rows, "A|B").set_index("name", drop=False)
    codebook.loc["stage", ["type", "levels"]] = ["category", "I|II|III"]
    monkeypatch.setenv("COHORT", str(write_rows(tmp_path, rows, codebook)))
    cohort = loading.load()
    assert disclosure.hides_model(cohort, cohort.factors)


@pytest.mark.parametrize("events", range(1, 5))
def test_that_a_level_lost_its_events_to_a_missing_value_is_not_told(load, events):
    rows = study(3, {"has_a": 0.0, "has_b": 0.5}, {"A": 130, "B": 130}, risk=0.4)
    rows["size"] = np.random.default_rng(21).normal(50, 9, 260).round(1)
    rows.loc[rows.index[rows["outcome"] == 1][:events], "has_a"] = 1
    rows.loc[rows.index[rows["outcome"] == 0][: 20 - events], "has_a"] = 1
    rows.loc[rows.index[rows["has_a"].eq(1) & rows["outcome"].eq(1)][:2], "size"] = np.nan
    cohort = load(rows, "5")
    assert "has_a" in cohort.withheld.outcome
    assert disclosure.hides_model(cohort, ["has_a", "has_b", "size"])


def test_values_that_are_nearly_all_the_same_have_no_mean(load):
    """50, 50, 50, 50, 63 and 37 follow from their quartiles, mean and spread; so do all zeros."""
    rows = study(3, {"has_a": 0.4, "has_b": 0.5}, {"A": 130, "B": 130, "C": 40})
    rows["size"] = np.random.default_rng(21).normal(50, 9, 300).round(1)
    assert not load(rows, "5").withheld.means
    rows.loc[rows["group"] == "C", "size"] = 0.0
    assert load(rows, "5").withheld.means == {"size"}


EXTREMES = {
    "one of all": ([33], 997.31, {}),
    "four of all": ([33, 77, 101, 140], 997.31, {}),
    "one of a group": ([265], 30, {"group": "C"}),
    "one who lacks the outcome": ([291], 30, {"outcome": ""}),
}


@pytest.mark.parametrize("name", [*EXTREMES, "nobody"])
def test_no_mean_and_spread_tell_the_value_of_one_patient(load, shown, name):
    """Who is farthest from a mean is at most the root of the squared deviations away from it, and
    nearly that far where the others are not."""
    random = np.random.default_rng(21)
    rows = study(3, {"has_a": 0.4, "has_b": 0.5}, {"A": 130, "B": 130, "C": 40})
    rows["size"] = (11 + rows["outcome"] + random.standard_normal(300)).round(2)
    rows["age"] = random.integers(40, 80, 300).astype(float)
    places, value, where = EXTREMES.get(name, ([], 0, {}))
    rows.loc[places, "size"] = value
    if "outcome" in where:
        rows["outcome"] = rows["outcome"].astype(object)
        rows.loc[[*range(280, 295)], "outcome"] = ""
    cohort = load(rows, "5")
    for by, column in itertools.product(("group", "outcome"), ("size", "age")):
        parts = cohort.rows.groupby(getattr(cohort, by), observed=True)
        values = {level: part[column] for level, part in parts} | {"all": cohort.rows[column]}
        values["nobody's"] = cohort.rows.loc[cohort.rows[by].isna(), column]
        for level, (patients, mean, spread) in means(cohort, shown, by, column).items():
            if np.isnan(mean):
                assert column == "size" and places
                continue
            apart = values[level] - mean
            assert len(apart) == patients
            assert abs(apart).max() < 0.9 * spread * np.sqrt(patients - 1), (by, level)
            if level != "nobody's":
                assert min((apart > 0).sum(), (apart < 0).sum()) >= 5, (by, level)
    found = cohort.withheld
    assert found.means == (frozenset() if name == "nobody" else {"size"})
    assert ("size" in found.outcome) == (name not in ("nobody", "one of a group"))
    assert not found.totals and not found.groups  # medians are shown
    # A correlation tells what the means among all do.
    of_size = {frozenset(("size", other)) for other in ("age", "has_a", "has_b")}
    assert found.pairs == (of_size if name in ("one of all", "four of all") else set())
    # Its odds ratio per step is what a t test tells.
    assert disclosure.hides_model(cohort, ["size"]) == ("size" in found.outcome)
    assert ("Means" in {*withhold.account(cohort)["table"]}) == (name != "nobody")


def test_the_outcome_of_those_who_lack_a_value_is_told_and_the_page_says_so(load, shown):
    """Three of them, who all had the event."""
    rows = study(3, {"has_a": 0.5, "has_b": 0.5}, {"A": 60, "B": 60}, risk=0.5)
    lacking = rows.index[rows["outcome"] == 1][:3]
    rows["has_a"] = rows["has_a"].astype(object).mask(rows.index.isin(lacking), "")
    cohort = load(rows, "5")
    described = methods.baseline(cohort, cohort.outcome)
    tables.baseline(cohort, described, {0.0: "without", 1.0: "with"}, "tab", "By outcome.")
    row = pd.read_csv(io.StringIO(shown[0].content["csv"])).set_index("variable").loc["has_a"]
    known = rows[rows["has_a"] != ""].groupby("outcome").size()
    assert [row["without n"], row["with n"], row["missing"]] == [known[0], known[1], 3]
    page = (notebooks.CHAPTERS / "withheld.md").read_text(encoding="utf-8").replace("\n", " ")
    assert "how many of them had the event, which may be all" in page


def between(counts: pd.Series | list) -> np.ndarray:
    """The steps of counts, sorted and begun with none."""
    return np.diff(sorted({0, *(int(count) for count in counts)}))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("late", slow_but(QUICK, [name for name in COHORTS if "late" in name]))
def test_between_what_is_known_of_a_curve_are_five_events_or_none(book, late):
    rows, shown = COHORTS[late], book(late, "5")
    curves = shown.files.get("fig-kaplan-meier", pd.DataFrame({"group": [], "time": []}))
    read = shown.files["tab-at-risk"]
    follow_up = shown.files["tab-follow-up"].set_index("group")
    rates = shown.files["tab-patency"].set_index("group")
    points = 0
    for group, own in rows.groupby("group"):
        times, events = own["months"], own["event"]
        ticks = read[(read["group"] == group) & (read["events"] != display.WITHHELD)]
        curve = curves.loc[curves["group"] == group, "time"].astype(float)
        ticks = ticks["time"].astype(float)
        until = [events[times <= one].sum() for one in (*curve, *ticks)]
        until += [events[times < one].sum() for one in ticks]
        if follow_up.at[group, "events"] != display.WITHHELD:
            until.append(events.sum())
        if rates.at[group, "with_event"] != display.WITHHELD:
            until.append(own["outcome"].sum())
        assert (between(until) >= 5).all(), (group, sorted(until))
        censored = between([(1 - events)[times < one].sum() for one in ticks])
        assert (censored >= 5).all(), (group, censored)
        points += len(curve)
    within = rows.groupby("group")["outcome"].sum()
    within["all patients"] = within.sum()
    known = follow_up.loc[follow_up["events"] != display.WITHHELD, "events"].astype(float)
    assert not (known - within[known.index]).between(1, 4).any()
    assert (late == "many late events") == (points > 2)


def drawn_curves(cohort: Cohort) -> tuple[survival.Survival, pd.DataFrame]:
    """What may be shown of the curves of somebody's patients, after a picture of it."""
    found, read = withhold.over_time(survival.describe(cohort), cohort, [0, 20, 40, 60, 80])
    figures.kaplan_meier(found, read, "months", "event", "months")
    return found, read


@pytest.mark.parametrize(("free", "hidden"), [(0, True), (1, True), (3, True), (30, False)])
def test_those_lost_before_the_horizon_hide_nobody_who_stayed_free_of_the_event(load, free, hidden):
    """Who has the outcome known, without it, and the event later are known as the difference of
    the two tables where none of those lost had the event; and so are the few others."""
    outcome = np.repeat([1, 0, np.nan], [40, 60, 20])
    later = np.repeat([1, 1, 0, 0], [40, 60 - free, free, 20])
    months = np.concatenate([np.linspace(1, 11, 40), np.linspace(13, 50, 60), [11.5] * 20])
    of_group = pd.DataFrame({"months": months.round(1), "event": later, "outcome": outcome})
    rows = pd.concat([of_group.assign(group=one) for one in "AB"], ignore_index=True)
    rows = rows.assign(has_a=rows.index % 2, has_b=rows.index // 2 % 2)
    cohort = load(rows, "5", months="months", outcome="12 months")
    found = withhold.over_time(survival.describe(cohort), cohort, [0, 10])[0].follow_up["events"]
    assert cohort.withheld.by_group("outcome") == frozenset()
    for group in "AB":
        known = rows[(rows["group"] == group) & rows["outcome"].notna()]
        assert (found[group] == display.WITHHELD) == hidden
        if not hidden:
            assert len(known) - found[group] == free


@pytest.mark.parametrize("lacking", [3, 30])
def test_an_event_of_which_the_outcome_is_not_known_is_told_of_no_few(load, lacking):
    """The events less those with the outcome are then theirs alone."""
    outcome = np.repeat([1, 0, np.nan], [40, 60, lacking])
    of_group = pd.DataFrame({"outcome": outcome, "event": np.where(outcome == 0, 0, 1)})
    rows = pd.concat([of_group.assign(group=one) for one in "AB"], ignore_index=True)
    rows = rows.assign(has_a=rows.index % 2, has_b=rows.index // 2 % 2)
    rows["months"] = (5 + rows.index * 0.1 + 10 * (rows["outcome"] == 0)).round(1)
    found = load(rows, "5", months="months").withheld
    assert found.by_group("outcome") == frozenset()
    assert found.by_group("event") == ({*"AB"} if lacking < 5 else frozenset())


@pytest.mark.parametrize("horizon", ["12 months", ""])
@pytest.mark.parametrize("seed", range(1, 7))
def test_between_a_curve_and_the_table_of_the_outcome_are_five_or_none(load, seed, horizon):
    """Of those with the event, and of those lost before: they lack the outcome, which is counted;
    also where nobody can tell from the codebook when the outcome was judged."""
    rows = registry(seed, {"A": 100, "B": 100, "C": 100}, {"A": 60, "B": 40, "C": 30})
    lost = rows.index[rows["outcome"] == "0"][::9]
    rows.loc[lost, "months"] = (1 + 11 * np.linspace(0, 0.99, len(lost))).round(1)
    rows.loc[lost, ["event", "outcome"]] = [0, ""]
    # Of a group nobody has the event within 12 months, and three are lost soon after.
    free = rows.index[(rows["group"] == "C") & (rows["outcome"] != "1")]
    early, others = free[:20], free[20:]
    rows = rows.loc[rows.index.isin(free) | (rows["group"] != "C")]
    rows.loc[early, "months"] = [*range(1, 10), *np.linspace(12.2, 12.9, 11).round(1)]
    rows.loc[early, "event"] = [0] * 9 + [1] * 8 + [0] * 3
    rows.loc[early, "outcome"] = [""] * 9 + ["0"] * 11
    rows.loc[others, "months"] = rows.loc[others, "months"].clip(lower=14)
    rows.loc[others, "outcome"] = "0"
    cohort = load(rows, "5", months="months", outcome=horizon)
    found = survival.describe(cohort)
    found, read = withhold.over_time(found, cohort, [0, 5, 10, 11, 12, 13, 20, 40])
    read = read[read["at_risk"] != display.WITHHELD]
    assert len(found.curves) > 10 and len(read) > 3
    for group, own in rows.groupby("group"):
        lacking, had = (own["outcome"] == "").sum(), (own["outcome"] == "1").sum()
        curve = found.curves.loc[found.curves["group"] == group, "time"]
        until = [own.loc[own["months"] <= time, "event"].sum() - had for time in curve]
        counted = read.loc[read["group"] == group, ["events", "censored"]] - [had, lacking]
        apart = abs(np.array([*until, *counted.to_numpy(int).ravel()]))
        assert not ((apart > 0) & (apart < 5)).any(), (group, sorted(apart))


def test_one_event_on_the_first_day_is_not_the_start_of_a_curve(load):
    rows = COHORTS["many late events"].copy()
    first = rows.index[rows["event"] == 1][0]
    rows.loc[first, "months"] = 0
    curves = drawn_curves(load(rows, "5"))[0].curves
    at_start = curves[curves["time"] == 0]
    assert (at_start["survival"] == 1).all() and len(at_start)
    assert rows.at[first, "group"] in {*curves["group"]} - {*at_start["group"]}


def test_the_picture_of_a_curve_has_no_more_points_than_its_file(load, shown):
    rows = COHORTS["many late events"]
    for disclosed in ("5", "off"):
        drawn_curves(load(rows, disclosed))
    careful, whole = shown
    points = careful.content["csv"].count("\n") - 1
    assert points < 30 < len(rows) < whole.content["csv"].count("\n")
    for picture, least, most in ((careful, points, 5 * points), (whole, 100, np.inf)):
        svg = picture.forms["image/svg+xml"]
        lines = [path for path in re.findall(r' d="(M[^"]*)"', svg) if "Q" not in path]
        assert least <= max(path.count("L") for path in lines) <= most


def registry(seed: int, sizes: dict[str, int], shapes: dict[str, float]) -> pd.DataFrame:
    """Patients with Weibull times to a revision, some censored; the outcome is that within 12
    months, not known of those who left before."""
    random = np.random.default_rng(seed)
    rows = study(seed, {"has_a": 0.4, "has_b": 0.5}, sizes)
    until = random.weibull(1.2, len(rows)) * rows["group"].map(shapes)
    left = np.where(random.random(len(rows)) < 0.1, random.uniform(1, 12, len(rows)), 84)
    left = np.minimum(left, random.uniform(12.5, 84, len(rows)))
    rows["months"] = np.minimum(until, left).round(1)
    rows["event"] = (until <= left).astype(int)
    early = (rows["event"] == 1) & (rows["months"] <= 12)
    rows["outcome"] = np.where(early, "1", np.where(rows["months"] >= 12, "0", ""))
    return rows


def test_the_curves_of_a_registry_are_those_of_statsmodels_at_enough_points(load, shown):
    rows = registry(1, {"A": 100, "B": 100, "C": 100}, {"A": 60, "B": 40, "C": 30})
    found, read = drawn_curves(load(rows, "5"))
    points = found.curves.groupby("group").size()
    assert list(points.index) == ["A", "B", "C"] and (points >= 5).all()
    estimated = read[read["survival"].map(lambda value: isinstance(value, float))].dropna()
    assert len(estimated) >= 3
    for row in [*found.curves.itertuples(), *estimated.itertuples()]:
        own = rows[(rows["group"] == row.group) | (row.group == "all patients")]
        theirs = SurvfuncRight(own["months"], own["event"])
        until = theirs.surv_times <= row.time
        assert row.survival == pytest.approx(theirs.surv_prob[until][-1] if until.any() else 1)
    # Lines join the points: as steps they would say that nothing happens between them.
    assert "lines only join" in shown[0].content["caption"]


@pytest.mark.parametrize("placed", [True, False])
def test_all_patients_are_read_where_every_group_is(load, shown, placed):
    """Their counts are the sums, but where somebody is in no group."""
    rows = registry(1, {"A": 100, "B": 100, "C": 100}, {"A": 60, "B": 40, "C": 30})
    rows["group"] = rows["group"].where(placed | (rows.index % 50 > 0), "")
    _, read = drawn_curves(load(rows, "5"))
    wide = read.pivot(index="time", columns="group", values="at_risk")
    readable, of_all = (wide != display.WITHHELD), wide.pop("all patients")
    expected = readable[["A", "B", "C"]].all(axis=1)
    assert expected.sum() >= 2
    assert (readable["all patients"] == (expected & placed)).all()
    if placed:
        assert (of_all[expected] == wide[expected].sum(axis=1)).all()


# What each kind of cohort makes the book withhold, beside what it always does.
ACCOUNTS = {
    "numbers": {"Calibration", "Influential patients"},
    "a rare outcome": {"P adjusted for many tests", "has_a by outcome"},
    "three late events": {"Kaplan-Meier estimates at chosen times", "Length of follow-up"},
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_list_names_what_is_withheld_whatever_it_is(load, name):
    rows = NUMBERS if name == "numbers" else COHORTS[name]
    cohort = load(rows, "5")
    found = withhold.account(cohort).set_index("table")["withheld"]
    assert {*ACCOUNTS[name], "Pictures of numbers", "Pictures of shares"} <= {*found.index}
    assert ("Kaplan-Meier curves" in found) == ("months" in rows)
    rules = withhold.account(cohort)["rule"]
    if "P adjusted for many tests" in found:  # of one factor, or of several
        assert "It tells of all the others, of which at least one is withheld." in {*rules}
    assert withhold.account(load(rows, "off")).empty


@pytest.mark.parametrize(("known", "listed"), [(16, True), (20, False)])
def test_quartiles_with_too_few_beyond_them_are_listed(load, known, listed):
    rows = study(3, {"has_a": 0.5, "has_b": 0.5}, {"A": 60, "B": 60}, risk=0.5)
    rows["size"] = np.random.default_rng(3).normal(50, 9, 120).round(1)
    rows.loc[known:59, "size"] = np.nan
    account = withhold.account(load(rows, "5"))
    assert ("Quartiles" in set(account["table"])) == listed


@pytest.mark.parametrize(("known", "drawn"), [(60, True), (9, False)])
def test_quartiles_by_group_are_drawn_where_enough_patients_are_on_either_side(
    load, shown, known, drawn
):
    rows = study(3, {"has_a": 0.5, "has_b": 0.5}, {"A": 60, "B": 60}, risk=0.5)
    rows["size"] = np.random.default_rng(3).normal(50, 9, 120).round(1)
    of_group = rows["group"] == "B"
    rows.loc[of_group & (of_group.cumsum() > known), "size"] = np.nan
    cohort = load(rows, "5")
    pictures.numbers(cohort)
    found = pd.read_csv(io.StringIO(shown[0].content["csv"])).set_index(["group", "outcome"])
    assert ("B" in found.index) == drawn and {"A", "all patients"} <= {*found.index.unique("group")}
    for (group, word), row in found.iterrows():
        part = rows[rows["outcome"] == (word == cohort.event)]
        values = (part if group == "all patients" else part[part["group"] == group])["size"]
        assert row["median"] == pytest.approx(values.median())
        for quartile in row[["lower_quartile", "median", "upper_quartile"]]:
            assert min((values <= quartile).sum(), (values >= quartile).sum()) >= 5
    listed = withhold.account(cohort).set_index("table").at["Pictures of numbers", "withheld"]
    assert ("some groups" in listed) == (not drawn)


def test_a_number_of_few_values_has_no_quartiles_by_group(load):
    """They would tell how many patients of the group have a value."""
    rows = study(3, {"has_a": 0.5, "has_b": 0.5}, {"A": 60, "B": 60}, risk=0.5)
    rows["stents"] = 1 + (np.arange(120) % 3 == 0)
    rows["size"] = np.random.default_rng(3).normal(50, 9, 120).round(1)
    found = pictures.quartiles_by_group(load(rows, "5"))
    assert set(found.loc["stents"].index.unique("group")) == {"all patients"}
    assert set(found.loc["size"].index.unique("group")) == {"all patients", "A", "B"}


def test_where_no_group_may_be_shown_the_curve_of_all_patients_is(load, shown):
    rows = registry(3, {"A": 20, "B": 20, "C": 20}, {"A": 60, "B": 60, "C": 50})
    found, read = drawn_curves(load(rows, "5"))
    assert set(found.curves["group"]) == {"all patients"} and len(found.curves) >= 4
    theirs = SurvfuncRight(rows["months"], rows["event"])
    until = [int(rows.loc[rows["months"] <= time, "event"].sum()) for time in found.curves["time"]]
    assert (between([*until, rows["event"].sum()]) >= 5).all()
    assert (between([*until, (rows["outcome"] == "1").sum()]) >= 5).all()
    ours = dict(zip(found.curves["time"], found.curves["survival"], strict=True))
    for time, value in zip(theirs.surv_times, theirs.surv_prob, strict=True):
        assert ours.get(time, value) == pytest.approx(value)
    assert set(read.loc[read["group"] != "all patients", "at_risk"]) == {display.WITHHELD}
    assert "all patients" in shown[0].content["alt"]


@pytest.mark.filterwarnings("ignore")
def test_between_points_over_a_number_and_over_risks_are_five_events(book):
    shown = book("numbers", "5")
    curve = shown.files["fig-roc"]
    curve = curve[curve["marker"] == "size"].drop(columns="marker").astype(float)
    known = NUMBERS.dropna(subset=["size"])
    events, others = known["outcome"].sum(), (1 - known["outcome"]).sum()
    for column, many in (("sensitivity", events), ("false_positive_rate", others)):
        assert (between((many * curve[column]).round()) >= 5).all()
    assert len(curve) > 10
    model = multivariate.fit(read_cohort(NUMBERS, "A|B|C"))
    outcome = NUMBERS.dropna()["outcome"].to_numpy()
    assert "fig-decision" not in shown.files
    for file, column in (("fig-calibration", "predicted"), ("fig-decision", "threshold")):
        places = book("numbers of all", "5").files[file][column].astype(float)
        assert len(places) > 3
        for value in (0, 1):
            risks = model.probabilities[outcome == value]
            counts = [(risks < one).sum() for one in places]
            assert (between([*counts, len(risks)]) >= 5).all(), (file, value)


def test_no_stretch_of_a_curve_says_that_all_in_it_had_the_event(load):
    """The largest of a number had it throughout; beside a quartile, or a risk that anybody can
    compute, a point before the first of the others would tell it of all above."""
    random = np.random.default_rng(5)
    rows = study(13, {"has_a": 0.4, "has_b": 0.5}, {"A": 150, "B": 150})
    size = random.standard_normal(300)
    rows["size"] = (50 + 10 * size).round(1)
    rows["outcome"] = (random.random(300) < special.expit(2.6 * size - 0.3)).astype(int)
    cohort = load(rows, "5")
    marker = roc.markers(cohort, ["size"])["size"]
    of_all = np.array([[marker.events.sum(), marker.nonevents.sum()]])
    curve = withhold.roc_curve(marker, cohort)[["sensitivity", "false_positive_rate"]].to_numpy()
    stretches = [np.diff((curve * of_all).round(), axis=0)]
    risks = multivariate.fit(cohort).probabilities
    outcome, grid = rows["outcome"].to_numpy(), pd.DataFrame({"threshold": np.arange(200) / 200})
    shown = withhold.by_risk(grid, "threshold", risks, outcome, cohort)["threshold"]
    until = [[((risks < one) & (outcome == had)).sum() for had in (1, 0)] for one in shown]
    stretches.append(np.diff([[0, 0], *until, of_all[0]], axis=0)[::-1])
    for between in stretches:
        assert len(between) > 8
        assert (between[1:-1] >= 5).all() and (between[[0, -1], 1] >= 5).all(), between
        assert not ((between > 0) & (between < 5)).any()


def followed_to_the_end(last: str) -> pd.DataFrame:
    """Patients of whom each has a day of its own, and in whom the last of all in group A had the
    event, or seven did, or were lost on the same day."""
    random = np.random.default_rng(14)
    rows = study(14, {"has_a": 0.4, "has_b": 0.5}, {"A": 100, "B": 100})
    rows["months"] = random.permutation(np.arange(1, 201) * 0.3).round(1)
    rows["event"] = random.integers(0, 2, 200)
    order = rows[rows["group"] == "A"]["months"].sort_values().index
    if last == "one":
        rows.loc[order[-1], "event"] = 1
    else:
        rows.loc[order[-7:], ["months", "event"]] = [60.5, int(last == "seven at once")]
        rows.loc[order[-12:-7], "event"] = 1
    return rows.assign(outcome=rows["event"] * (rows["months"] <= 12))


def extremes(values: pd.Series | np.ndarray, point: float) -> int:
    """How many lie beyond a point or, if these are fewer, before or at it."""
    return min((values > point).sum(), (values <= point).sum())


@pytest.mark.parametrize("last", ["one", "seven at once", "seven lost"])
def test_no_curve_over_time_nor_its_axis_tells_who_was_followed_longest(load, shown, last):
    rows = followed_to_the_end(last)
    cohort = load(rows, "5", months="months", outcome="12 months")
    whole = survival.describe(cohort)
    found, read = withhold.over_time(whole, cohort, survival.round_times(60.5))
    figures.kaplan_meier(found, read, "months", "event", "months")
    tables.at_risk(read, "months")
    for curve in (found.curves, pd.read_csv(io.StringIO(shown[0].content["csv"]))):
        assert curve.groupby("group").size().min() >= 5
        for row in curve[curve["time"] > 0].itertuples():
            own = rows[(rows["group"] == row.group) | (row.group == "all patients")]
            assert extremes(own["months"], row.time) >= 5, (row.group, row.time)
    assert (found.curves["survival"] > 0).all()
    for row in read.itertuples():
        own = rows[(rows["group"] == row.group) | (row.group == "all patients")]
        assert row.at_risk == display.WITHHELD or (own["months"] >= row.time).sum() >= 5
        assert (rows["months"] >= row.time).sum() >= 5
    longest = rows.groupby("group")["months"].max()
    for output in shown:
        assert not {f"{one:g}" for one in longest} & {*NUMBER.findall(str(output.content))}


def test_no_time_is_chosen_that_only_a_few_reached(load):
    """Of all but three nobody was followed beyond 30 months."""
    rows = followed_to_the_end("one")
    late = rows["months"].nlargest(3).index
    rows["months"] = rows["months"].clip(upper=29.9).where(~rows.index.isin(late), rows["months"])
    cohort = load(rows, "5", months="months", outcome="12 months")
    found = survival.describe(cohort)
    times = survival.round_times(found.curves["time"].max())
    assert max(times) > 50 and max(withhold.over_time(found, cohort, times)[1]["time"]) < 30


@pytest.mark.parametrize("lost", [0, 4])
def test_a_page_with_curves_is_the_same_however_long_a_few_were_followed(tmp_path, lost):
    """One who had the event in the end, or four who did not."""
    pages = []
    for end in (61, 431):
        rows = followed_to_the_end("one")
        rows.loc[rows["months"].nlargest(max(lost, 1)).index, "months"] = end
        rows.loc[rows["months"] == end, "event"] = int(not lost)
        path = written(rows, tmp_path, months="months", outcome="12 months")
        with pytest.MonkeyPatch.context() as patch:
            ran = run_book(patch, path, "5", ["patency"])["patency"]
        pages.append([(one.content, one.forms) for one in ran.shown] + [ran.glued])
    assert len(pages[0]) > 5 and pages[0] == pages[1]


@pytest.mark.filterwarnings("ignore")
def test_no_curve_over_a_number_or_over_risks_ends_at_a_single_patient(book):
    shown, known = book("numbers of all", "5"), NUMBERS.dropna()
    risks = multivariate.fit(read_cohort(NUMBERS, "A|B|C")).probabilities
    for file, column in (("fig-calibration", "predicted"), ("fig-decision", "threshold")):
        places = shown.files[file][column].astype(float)
        assert len(places) > 3 and min(extremes(risks, place) for place in places) >= 5, file
        # Nor do the steps between them tell where the risks begin and end.
        assert np.allclose(200 * places, (200 * places).round()), file
    for name in ("size", "age"):
        for place in shown.files[f"fig-form-{name}"]["value"].astype(float).iloc[[0, -1]]:
            sides = (known[name] <= place + 1e-6).sum(), (known[name] >= place - 1e-6).sum()
            assert min(sides) >= 5, name


def test_the_report_names_no_single_row(load):
    rows = COHORTS["five late events"].copy()
    rows.loc[7, ["outcome", "event"]] = [1, 0]
    for disclosed in ("5", "off"):
        load(rows, disclosed)
        tables = {one.content["name"]: one.content for one in run("your_data", lay_out=False).shown}
        report = tables["tab-file-report"]
        assert (display.WITHHELD in str(report)) == (disclosed == "5")
        assert ("Line 9" in str(report)) == (disclosed == "off")


@pytest.mark.parametrize("disclosed", ["5", "off"])
def test_notes_on_a_file_count_nobody_but_where_all_is_shown(load, disclosed):
    """Three who have it are a small cell, and 97 give it away where three do not."""
    rows = study(9, {"has_a": 0.5, "has_b": 0.5, "has_c": 0.5}, {"A": 50, "B": 50})
    rows["has_a"] = ["yes"] * 3 + ["1"] * 57 + ["0"] * 40
    rows["has_b"] = ["yes"] * 50 + ["true"] * 47 + ["0"] * 3
    rows["size"] = ["NA", *(f"{100 + one}{' mm' * (one < 4)}" for one in range(99))]
    notes = " ".join(load(rows, disclosed, size="mm").notes)
    for words, count in {
        "has_a: read “yes” as “1”": 3,
        "has_b: read “yes” as “1”": 50,
        "“true” as “1”": 47,
        "the unit “mm” was left out": 4,
    }.items():
        assert words in notes
        assert (f"{words} ({count})" in notes) == (disclosed == "off")
    assert "read “NA” as missing (1)" in notes  # which is always shown


@pytest.mark.parametrize("disclosed", ["5", "off"])
@pytest.mark.parametrize(("rare", "shown"), [(40, True), (3, False)])
def test_what_does_not_vary_among_the_complete_is_said_of_no_few(load, rare, shown, disclosed):
    """Among the 6 with a size nobody has it; among the others three, or enough."""
    rows = study(9, {"has_b": 0.5}, {"A": 100, "B": 100})
    rows["has_a"] = (np.arange(200) >= 200 - rare).astype(int)
    rows["size"] = [str(70.5 + one) if one < 6 else "" for one in range(200)]
    notes = " ".join(load(rows, disclosed).notes)
    assert "“size” (known for 6) is empty for most of the 200 patients" in notes
    assert ("Among those with all values" in notes and "has_a" in notes) == (
        shown or disclosed == "off"
    ), notes


@pytest.mark.parametrize("without", [4, 9])
def test_whether_a_factor_was_screened_is_told_with_its_p_or_not_at_all(load, shown, without):
    """It tells of the P alone, and this of the few who had the factor without the event."""
    rows = study(11, {"has_a": 0.4, "has_b": 0.5}, {"A": 120, "B": 120}, risk=0.5)
    rows["rare"] = 0
    for outcome, exposed in [(1, 14), (0, without)]:
        rows.loc[rows.index[rows["outcome"] == outcome][:exposed], "rare"] = 1
    cohort = load(rows, "5")
    model_tables.stability(bootstrap.validate(cohort, resamples=20).stability, cohort)
    file = pd.read_csv(io.StringIO(shown[0].content["csv"]), index_col="factor", dtype=str)
    together = file[["joint_p", "significant", "significant_share"]]
    told = (file.drop(columns=together) != display.WITHHELD).all(axis=1)
    assert told.to_dict() == {"has_a": True, "has_b": True, "rare": without >= 5}
    assert ((file == display.WITHHELD).all(axis=1) == ~told).all()
    # What is so together tells whether the rare one was in the model.
    assert ((together == display.WITHHELD).all(axis=None)) == (without < 5)
    assert (together == display.WITHHELD).any(axis=None) == (without < 5)


def test_all_levels_of_a_category_are_withheld_together_the_first_too(tmp_path, monkeypatch, shown):
    rows = study(9, {"has_a": 0.5, "has_b": 0.5, "has_c": 0.4}, {"A": 90, "B": 110})
    first = [*rows.index[rows["outcome"] == 1][:3], *rows.index[rows["outcome"] == 0][:60]]
    rows["grade"] = np.where(rows.index.isin(first), "I", np.where(rows.index % 2, "II", "III"))
    codebook = codebook_of(rows, "A|B").set_index("name", drop=False)
    codebook.loc["grade", ["type", "levels", "missing"]] = ["category", "I|II|III", ""]
    monkeypatch.setenv("COHORT", str(write_rows(tmp_path, rows, codebook)))
    cohort = loading.load()
    headings = {0.0: "Without", 1.0: "With"}
    described = methods.baseline(cohort, cohort.outcome)
    tables.baseline(cohort, described, headings, name="tab", caption="")
    cells = {row[0]: row[1:] for row in shown[0].content["rows"]}
    for level in ("I", "II", "III"):
        assert {*map(display.text_of, cells[f"grade: {level}"])} == {display.WITHHELD}
    assert display.WITHHELD not in map(display.text_of, cells["has_a"])
    assert not disclosure.hides_model(cohort, cohort.factors)
    model = multivariate.fit(cohort).table
    model_tables.crude_and_adjusted(univariate.screen(cohort), model, cohort)
    cells = {row[0]: list(map(display.text_of, row[1:])) for row in shown[1].content["rows"]}
    assert cells["grade: I"] == [display.WITHHELD] * 4 + ["reference", "–"]
    first = rows.assign(outcome=rows["outcome"].mask(rows["grade"] == "I", 1))
    monkeypatch.setenv("COHORT", str(write_rows(tmp_path, first, codebook)))
    cohort = loading.load()
    assert disclosure.hides_model(cohort, cohort.factors)


@pytest.mark.parametrize("disclosed", ["5", "off"])
def test_that_all_of_the_complete_had_the_event_is_not_said(load, disclosed):
    rows = study(9, {"has_a": 0.5, "has_b": 0.5}, {"A": 100, "B": 100})
    events = rows.index[rows["outcome"] == 1][:12]
    rows["size"] = ""
    rows.loc[events, "size"] = [str(70.5 + one) for one in range(12)]
    notes = " ".join(load(rows, disclosed).notes)
    assert ("outcome does not vary" in notes) == (disclosed == "off"), notes


# ----------------------------------------------------------------------------------- the decision


def test_rare_factors_keep_their_place_and_lose_their_common_table():
    cohort = read_cohort(COHORTS["two rare factors in one patient"])
    found = disclosure.withheld(cohort, 5)
    assert frozenset(("has_a", "has_b")) in found.pairs
    assert found.totals == frozenset()


def test_nothing_is_withheld_where_no_cell_is_small():
    cohort = read_cohort(study(9, {"has_a": 0.5, "has_b": 0.5}, {"A": 200, "B": 200}))
    assert disclosure.withheld(cohort, 5) == Withheld(threshold=5)


def test_that_nobody_had_it_is_shown_and_that_all_had_it_is_not():
    for outcome in (0, 1):
        rows = study(9, {"has_a": 0.5}, {"A": 100, "B": 100})
        rows["has_b"] = 0
        for group in "AB":
            of_group = rows.index[(rows["outcome"] == outcome) & (rows["group"] == group)]
            rows.loc[of_group[:8], "has_b"] = 1
        found = disclosure.withheld(read_cohort(rows), 5)
        assert ("has_b" in found.outcome) == (outcome == 1)


def test_too_few_with_or_without_the_outcome_are_refused():
    for value in (0, 1):
        rows = study(9, {"has_a": 0.5}, {"A": 100, "B": 100}).assign(outcome=value)
        rows.loc[[3, 50, 120], "outcome"] = 1 - value
        assert "DISCLOSURE=off" in refusal(disclosure.withheld, read_cohort(rows), 5)


def test_a_model_of_two_factors_is_its_table_and_one_of_three_is_not():
    for rare, few in ((0.05, True), (0.07, False)):  # of eight it may tell how many, of ten not
        rows = study(1, {"has_a": rare, "has_b": 0.5, "has_c": 0.5}, {"A": 90, "B": 110})
        cohort = read_cohort(rows)
        cohort = dataclasses.replace(cohort, withheld=disclosure.withheld(cohort, 5))
        assert disclosure.hides_model(cohort, ["has_a", "has_b"])
        assert disclosure.hides_model(cohort, ["has_a", "has_b", "has_c"]) == few
    assert disclosure.hides_model(cohort, ["has_a"]) and not disclosure.hides_model(cohort, [])
    # What is withheld for the sake of another table is so in a model too.
    beside = dataclasses.replace(cohort, withheld=Withheld(5, outcome=frozenset({"has_c"})))
    assert disclosure.hides_model(beside, ["has_c"])
    assert not disclosure.hides_model(dataclasses.replace(cohort, withheld=Withheld()), ["has_a"])


def test_a_model_that_a_row_with_the_event_throughout_separates_is_withheld():
    """That it has no maximum, or the estimate that Firth's penalty has, tells of the row."""
    rows = study(1, {"has_a": 0.3, "has_b": 0.5, "has_c": 0.5}, {"A": 90, "B": 110, "C": 12})
    names = ["has_a", "has_b", "has_c"]

    def hides(rows: pd.DataFrame, grouped: bool) -> bool:
        cohort = read_cohort(rows, "A|B|C")
        found = dataclasses.replace(cohort, withheld=disclosure.withheld(cohort, 5))
        return disclosure.hides_model(found, names, grouped)

    assert not hides(rows, grouped=True)
    of_group = rows.assign(outcome=rows["outcome"].mask(rows["group"] == "C", 1))
    assert hides(of_group, grouped=True) and not hides(of_group, grouped=False)
    assert hides(rows.assign(outcome=rows["outcome"].mask(rows["has_a"] == 1, 1)), grouped=False)
    # Were it withheld there alone, it would tell of them too.
    with_a = rows.index[rows["has_a"] == 1]
    for without in (3, 5):
        outcome = rows["outcome"].mask(rows["has_a"] == 1, 1)
        outcome.loc[with_a[:without]] = 0
        assert hides(rows.assign(outcome=outcome), grouped=False) == (without < 5)


def told_of_tables(size: int, events: int) -> dict[int, tuple[object, bool]]:
    """For each number with the event among so many of sixty with a factor: what a book tells of its
    table (all, where it is shown, and else whether its margins are), and whether it shows a model
    with two more factors."""
    place, told = np.arange(60), {}
    beside = {"has_b": place % 2, "has_c": place // 2 % 2, "outcome": (place < events).astype(int)}
    groups = np.where(place % 2, "A", "B")
    cohort = read_cohort(pd.DataFrame({"group": groups, "has_a": 0, **beside}))
    for both in range(max(0, size + events - 60), min(size, events) + 1):
        has_a = (place < both) | (place >= events) & (place < events + size - both)
        rows = cohort.rows.assign(has_a=has_a.astype(float))
        found = disclosure.withheld(dataclasses.replace(cohort, rows=rows), 5)
        own = dataclasses.replace(cohort, rows=rows, withheld=found)
        of_table = "has_a" in found.totals if "has_a" in found.outcome else both
        told[both] = of_table, disclosure.hides_model(own, own.factors)
    return told


@pytest.mark.parametrize("size", [5, 8, 11, 30])
def test_whether_a_model_is_shown_tells_nothing_of_a_table_that_is_withheld(size):
    """Of the tables with the same margins, those with the same answer have as wide a range of
    each small cell as all."""
    answers = set()
    for events in [one for one in (10, 12, 30, size - 3, size, size + 3) if 10 <= one <= 50]:
        told = told_of_tables(size, events)
        every = np.array([[x, size - x, events - x, 60 - size - events + x] for x in told])
        for both, cells in zip(told, every, strict=True):
            of_table, hidden = told[both]
            if not isinstance(of_table, bool):
                continue
            answers.add(hidden)
            alike = every[[one[0] is of_table for one in told.values()]]
            answered = every[[one == (of_table, hidden) for one in told.values()]]
            # All of a level had the event, or 1 to 4 had or had not.
            unsafe = (cells < 5) & ((cells > 0) | [False, True, False, True])
            narrow = answered.min(axis=0) > np.maximum(alike.min(axis=0), 1)
            narrow |= answered.max(axis=0) < np.minimum(alike.max(axis=0), 4)
            assert not (narrow & unsafe).any(), (events, both, hidden)
    assert answers == {True, False} or size < 9


def one_with_the_event() -> pd.DataFrame:
    """Of the thirty with a factor one had the event; two others are in three patients together."""
    rows = study(4, {"has_b": 0.5, "has_c": 0.4}, {"A": 90, "B": 90}, risk=0.5)
    with_a = rows.index[rows["outcome"] == 0][:29].union(rows.index[rows["outcome"] == 1][:1])
    alone, both = rows.index[::9], [rows.index[40], rows.index[50], rows.index[60]]
    return rows.assign(
        has_a=rows.index.isin(with_a).astype(int),
        has_d=rows.index.isin(rows.index[1::9].union(both)).astype(int),
        has_e=rows.index.isin(alone.difference(rows.index[1::9]).union(both)).astype(int),
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_neither_a_single_patient_nor_a_withheld_pair_is_told_by_a_sentence(tmp_path, monkeypatch):
    rows = one_with_the_event()
    path = written(rows, tmp_path)
    ran = run_book(monkeypatch, path, "5", ["analysis"], lay_out=False)["analysis"]
    cohort = loading.load()
    assert {"has_a"} <= cohort.withheld.complete
    assert frozenset(("has_d", "has_e")) in cohort.withheld.pairs
    assert (ran.glued["one_decides"], ran.glued["not_refitted"]) == ("True", "False")
    assert ran.glued["flipped"] == display.WITHHELD
    assert "has_d less has_e" not in ran.glued["pairs"]
    assert "has_e less has_d" not in ran.glued["pairs"]
    assert "has_a" not in ran.glued["not_validated"]


@pytest.mark.parametrize("groups", [("A", "B"), ("Stage I", "Stage I b")])
def test_where_a_group_is_withheld_the_patency_chapter_has_words(load, shown, groups):
    rows = study(3, {"has_a": 0.5}, dict.fromkeys(groups, 60), risk=0.5)
    rows.loc[rows.index[rows["group"] == groups[1]], "outcome"] = [1, 1, 1] + [0] * 57
    cohort = load(rows, "5")
    assert cohort.withheld.by_group("outcome") == {*groups}
    rates = patency.rates(patency.counts(cohort))
    figures.patency(rates, cohort, False)
    assert not shown
    described, headings = methods.baseline(cohort, cohort.group), {group: group for group in groups}
    tables.baseline(cohort, described, headings, name="tab", caption="")
    cells = {row[0]: list(map(display.text_of, row[1:])) for row in shown[0].content["rows"]}
    assert display.WITHHELD not in cells["has_a"]


@pytest.mark.parametrize(("by", "shown_p"), [("group", {"has_b"}), ("outcome", {"has_c"})])
def test_a_baseline_p_is_withheld_with_the_counts_of_its_own_table(load, shown, by, shown_p):
    """Of ``has_b`` the table with the outcome is withheld, of ``has_c`` that with the group."""
    place = np.arange(120)
    rows = pd.DataFrame({"group": np.repeat(["A", "B"], 60), "outcome": place % 2})
    rows["has_b"] = ((place < 40) & (place % 2 == 0) | (place < 6)).astype(int)
    rows["has_b"] |= (place > 100).astype(int) * (1 - rows["outcome"])
    rows["has_c"] = ((place < 40) | (place > 116)).astype(int)
    cohort = load(rows, "5")
    headings = {group: group for group in "AB"} if by == "group" else {0.0: "without", 1.0: "with"}
    tables.baseline(cohort, methods.baseline(cohort, by), headings, name="tab", caption="")
    found = pd.read_csv(io.StringIO(shown[0].content["csv"])).set_index("variable")
    found = found.loc[["has_b", "has_c"], ["test", "p", "standardized_difference"]]
    assert {*found.index[(found != display.WITHHELD).all(axis=1)]} == shown_p
    assert {*found.index[(found != display.WITHHELD).any(axis=1)]} == shown_p


def test_a_factor_of_which_nothing_is_known_in_a_group_has_a_picture(load, shown):
    rows = study(3, {"has_a": 0.5, "has_b": 0.5}, {"A": 60, "B": 60})
    rows["has_a"] = rows["has_a"].astype(object).mask(rows["group"] == "B", "")
    pictures.shares(load(rows, "off"))
    assert "B – with it and – without" in shown[0].content["alt"]


def test_a_factor_of_which_nothing_is_known_is_in_no_picture(load, shown):
    rows = study(3, {"has_a": 0.5}, {"A": 60, "B": 60}).assign(has_a="")
    pictures.shares(load(rows, "5"))
    assert not shown


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60),
    st.integers(2, 8),
    st.sampled_from([1, 2]),
)
def test_places_of_a_curve_have_enough_between_them(steps, threshold, kinds):
    steps = np.array(steps)
    cohort = dataclasses.replace(EXAMPLE_COHORT, withheld=Withheld(threshold))
    places = withhold.places(steps, cohort, kinds=kinds)
    until = np.vstack([[0, 0], steps.cumsum(axis=0)])[[*places, len(steps)]]
    between = np.diff(until, axis=0)
    assert (between[:-1, :kinds] >= threshold).all()
    if len(places) > 1:
        assert kinds == 1 or between[-1, 1] >= threshold
        assert between[-1].sum() >= threshold
        assert ((between == 0) | (between >= threshold)).all()


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([3, 5, 10]))
def test_the_same_is_withheld_whatever_the_order_of_the_rows(seed, threshold):
    rows = study(seed, {"has_a": 0.1, "has_b": 0.4}, {"A": 40, "B": 60, "C": 20})
    turned = rows.sample(frac=1, random_state=seed)
    try:
        found = disclosure.withheld(read_cohort(rows, "A|B|C"), threshold)
    except InputError:
        return
    assert disclosure.withheld(read_cohort(turned, "A|B|C"), threshold) == found


# ------------------------------------------------------------------------------------- the switch


def test_a_users_file_is_protected_and_the_example_is_not(tmp_path, monkeypatch):
    assert loading.load().withheld == Withheld()
    path = written(COHORTS["a group of three"], tmp_path)
    whole = loading.load(path)
    assert whole.withheld == Withheld()
    monkeypatch.setenv("COHORT", str(path))
    pd.testing.assert_frame_equal(loading.load().rows, whole.rows)
    for chosen, threshold in (("", disclosure.THRESHOLD), ("off", 0), ("2", 2), ("10", 10)):
        monkeypatch.setenv("DISCLOSURE", chosen)
        assert loading.load().withheld.threshold == threshold
    for chosen in ("1", "some", "-5", "5.5"):
        monkeypatch.setenv("DISCLOSURE", chosen)
        assert f"DISCLOSURE={chosen} cannot be used" in refusal(loading.load)
