"""What several tests use: cohorts made of a few columns, and the frozen results of R."""

import tempfile
from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import spector

from lib.compatible import study
from lib.paper import published
from lib.patients import loading
from lib.patients.codebook import CODEBOOK_COLUMNS, read_codebook
from lib.patients.cohort import Cohort
from lib.patients.files import DATA, InputError
from lib.site.notebooks import CHAPTERS

ORACLES = Path(__file__).parent / "oracles"
# The study of this book.
STUDY = study.study(published.read(), read_codebook(DATA / "codebook.csv"))


def codebook_of(rows: pd.DataFrame, groups: str) -> pd.DataFrame:
    """A codebook of the columns: `group`, `outcome`, `months` and `event` have these roles; every
    other is a factor, binary where its name begins with "has_" and a number otherwise.
    """
    rules = {
        "group": ("group", "category", "", groups),
        "outcome": ("outcome", "binary", "12 months", "0|1"),
        "months": ("time", "number", "months", ""),
        "event": ("event", "binary", "", "0|1"),
    }
    rules |= {name: ("factor", "binary", "", "0|1") for name in rows if name.startswith("has_")}
    lines = [(name, name, *rules.get(name, ("factor", "number", "", ""))) for name in rows]
    codebook = pd.DataFrame(lines, columns=CODEBOOK_COLUMNS)
    return codebook.assign(missing=np.where(codebook["type"] == "number", "none", ""))


def read_cohort(rows: pd.DataFrame, groups: str = "A|B", step: str = "") -> Cohort:
    """The cohort read back from a file of these rows with a codebook beside it; everyone is in the
    first group where the rows have none. Odds ratios of numbers are for the step, if there is one.
    """
    if "group" not in rows:
        rows = rows.assign(group=groups.split("|")[0])
    codebook = codebook_of(rows, groups)
    codebook["step"] = np.where(codebook["type"] == "number", step, "")
    with tempfile.TemporaryDirectory() as folder:
        return loading.load(write_rows(Path(folder), rows, codebook))


def write_rows(
    folder: Path, rows: pd.DataFrame, codebook: pd.DataFrame | None, sep: str = ","
) -> Path:
    """A file of rows, beside which a codebook stands where there is one."""
    path = folder / "rows.csv"
    rows.to_csv(path, sep=sep, index=False, na_rep="NA")
    if codebook is not None:
        codebook.to_csv(folder / "rows.codebook.csv", index=False)
    return path


def load_from(
    folder: Path, content: bytes | str, codebook: bytes | str | None, name: str = "registry.csv"
) -> Cohort:
    """The cohort of a file with this content, beside which a codebook stands where there is one."""
    beside = f"{name.removesuffix('.gz').rpartition('.')[0]}.codebook.csv"
    for file, text in {name: content, beside: codebook}.items():
        if text is not None:
            (folder / file).write_bytes(text.encode() if isinstance(text, str) else text)
    return loading.load(folder / name)


def refusal(action: Callable, *content: object, **options: object) -> str:
    """The message with which an action refuses its input."""
    with pytest.raises(InputError) as error:
        action(*content, **options)
    return str(error.value)


def with_printed(claims: pd.DataFrame, printed: dict[str, str]) -> pd.DataFrame:
    """The claims with other strings printed."""
    claims = claims.copy()
    claims.loc[list(printed), "printed"] = list(printed.values())
    return claims


def asah() -> Cohort:
    """The patients of pROC's data set aSAH, grouped by gender; odds ratios are for one unit."""
    rows = pd.read_csv(ORACLES / "aSAH.csv", comment="#").rename(columns={"gender": "group"})
    return read_cohort(rows, "Female|Male", step="1")


def students() -> Cohort:
    """Spector and Mazzeo 1980, J Econ Educ 11:37-44: who improved under a new way of teaching;
    odds ratios are for one unit."""
    rows = spector.load_pandas().data.rename(columns={"PSI": "has_PSI", "GRADE": "outcome"})
    return read_cohort(rows[["GPA", "TUCE", "has_PSI", "outcome"]], step="1")


def hemorrhage() -> pd.DataFrame:
    """The patients of aSAH with the probabilities ("joint") that R's joint model gives."""
    rows = pd.read_csv(ORACLES / "aSAH.csv", comment="#")
    return rows.assign(joint=numbers_in_r("joint", "prediction"))


@cache
def _printed(source: str) -> pd.Series:
    return pd.read_csv(
        ORACLES / f"{source}.csv", comment="#", index_col="command", keep_default_na=False
    )["result"]


def in_r(command: str, source: str = "frozen") -> float | list[float] | str:
    """What R printed for a command of the script in oracles that `source` names: a number, several,
    or text.
    """
    text = _printed(source)[command]
    try:
        numbers = numbers_in_r(command, source).tolist()
    except ValueError:
        return text
    return numbers if len(numbers) > 1 else numbers[0]


def numbers_in_r(command: str, source: str) -> np.ndarray:
    """The same, always as an array of numbers."""
    return np.array(
        [part.replace("NA", "nan") for part in _printed(source)[command].split()], float
    )


def random_patients(number: int = 60, seed: int = 1) -> pd.DataFrame:
    """Two binary factors and a number, of which the outcome depends on some."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame({"group": random.choice(["A", "B", "C"], number)})
    rows = rows.assign(**{f"has_{name}": random.integers(0, 2, number) for name in "ab"})
    rows["length"] = random.normal(100, 20, number).round(1)
    return rows.assign(
        outcome=(random.random(number) < 1 / (1 + np.exp(1 - rows["has_a"]))).astype(int)
    )


def slow_but(quick: Collection, names: Iterable, often: Collection | None = None) -> list:
    """What to run a test with: some at every run, others at one of the slow tests, and where it is
    said what of it is run ``often``, the rest when the scheduled tests are."""

    def mark(one: object) -> pytest.MarkDecorator:
        return pytest.mark.slow if often is None or one in often else pytest.mark.scheduled

    return [one if one in quick else pytest.param(one, marks=mark(one)) for one in names]


# What spoils a cohort that prints the claims.
BREAKS = {
    "a longer stent": lambda rows: rows.assign(
        stent_length_mm=rows["stent_length_mm"] + 90 * (rows.index % 183 == 7)
    ),
    "half a millimeter": lambda rows: rows.assign(stent_length_mm=rows["stent_length_mm"] + 0.5),
    "no length": lambda rows: rows.assign(stent_length_mm=100),
    "a patient missing": lambda rows: rows.iloc[1:],
    "an event more": lambda rows: rows.assign(
        occluded_12m=rows["occluded_12m"].where(rows.index % 183 != 100, 1)
    ),
    "a marker turned over": lambda rows: rows.assign(
        incomplete_coverage=1 - rows["incomplete_coverage"]
    ),
    "another diagnosis": lambda rows: rows.assign(
        diagnosis=rows["diagnosis"].replace({"PTS": "DVT"})
    ),
    "a collinear factor": lambda rows: rows.assign(inflow_thrombus=rows["multiple_stents"]),
}


def witness(place: int = 0) -> pd.DataFrame:
    """The rows of a stored cohort that prints the abstract, as a file of patients has them."""
    stored = study.read_stored("cohorts.parquet")
    rows = [of_core for _, of_core in stored.groupby(["k1", "k0"])][place]
    rows = rows.drop(columns=["k1", "k0"]).reset_index(drop=True)
    rows.insert(0, "patient_id", [f"other-{number:03}" for number in range(len(rows))])
    return rows


def terms() -> list[str]:
    """The terms that the glossary explains, in its order."""
    text = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
    blocks = text.split("```{glossary}")[1:]
    lines = "".join(block.split("```")[0] for block in blocks).splitlines()
    return [line for line in lines if line and not line.startswith(" ")]
