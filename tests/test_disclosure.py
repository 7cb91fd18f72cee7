"""Small cells: none is left in a protected cohort, and what was hidden cannot be found again.

The attacker of these tests knows the program, the threshold and all that is printed about the
protected cohort, as whoever reconstructs a paper from its tables does.
"""

import itertools
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.patients import loading
from lib.patients.cohort import Cohort
from lib.patients.disclosure import is_small, merged, protect, small_cells
from lib.patients.files import InputError
from lib.statistics import methods, patency, roc, survival, univariate
from lib.words import percent
from tests.helpers import asah, read_cohort

THRESHOLD = 5


def patients(counts: dict[str, tuple[int, int]], **columns) -> pd.DataFrame:
    """Rows of groups with (patients with the outcome, patients without), and further columns."""
    rows = [(group, 1) for group, (events, _) in counts.items() for _ in range(events)]
    rows += [(group, 0) for group, (_, nonevents) in counts.items() for _ in range(nonevents)]
    return pd.DataFrame(rows, columns=["group", "outcome"]).assign(**columns)


def alternating(size: int) -> np.ndarray:
    return np.arange(size) // 2 % 2


# --------------------------------------------------------------------------------- what is small


@pytest.mark.parametrize(
    ("events", "nonevents", "small"),
    [
        (0, 0, False),
        (5, 5, False),
        (0, 5, False),
        (1, 50, True),
        (4, 50, True),
        (50, 4, True),
        (50, 0, True),
        (0, 4, True),
    ],
)
def test_a_small_cell_or_everyone_with_the_outcome(events, nonevents, small):
    assert is_small(events, nonevents, THRESHOLD) == small


def unsafe(row: np.ndarray) -> bool:
    return bool(is_small(row[1], row[0], THRESHOLD))


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6),
    st.integers(1, 6),
)
def test_merging_loses_no_one_and_leaves_nothing_small_unless_all_are_one(counts, most):
    counts = np.array(counts)
    parts = merged(counts, unsafe, most)
    assert sorted(itertools.chain(*parts)) == list(range(len(counts)))
    filled = [counts[part].sum(axis=0) for part in parts if counts[part].sum()]
    assert len(filled) <= 1 or (len(filled) <= most and not any(unsafe(row) for row in filled))
    for part in parts:  # only neighbors, between which nobody else is
        between = [i for i in range(part[0], part[-1]) if i not in part]
        assert counts[between].sum() == 0


# --------------------------------------------------------------------------- a protected cohort


@st.composite
def cohorts(draw) -> Cohort:
    size = draw(st.integers(30, 250))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    groups = draw(st.sampled_from(["A|B", "A|B|C", "A|B|C|D|E"]))
    names = groups.split("|")
    rows = pd.DataFrame(
        {"group": random.choice(names, size, p=random.dirichlet(np.full(len(names), 0.7)))}
    )
    rows["outcome"] = (random.random(size) < draw(st.sampled_from([0.05, 0.2, 0.5, 0.9]))).astype(
        float
    )
    for i in range(draw(st.integers(1, 4))):
        rows[f"has_{i}"] = (random.random(size) < draw(st.sampled_from([0.02, 0.1, 0.4]))).astype(
            float
        )
    rows["length"] = random.normal(90, 30, size).round(draw(st.integers(-1, 1)))
    for name in rows.columns.drop("group"):
        rows.loc[random.random(size) < draw(st.sampled_from([0, 0, 0.01, 0.1])), name] = np.nan
    if rows["outcome"].isna().all():
        rows["outcome"] = 0.0
    return read_cohort(rows, groups)


@settings(max_examples=60, deadline=None)
@given(cohorts(), st.sampled_from([3, 5, 10]))
def test_nothing_small_is_left_in_any_table(patients, threshold):
    try:
        safe, notes = protect(patients, threshold)
    except InputError as error:
        assert "cannot be shown" in str(error) and "DISCLOSURE=off" in str(error)
        return
    assert safe.threshold == threshold
    assert small_cells(safe, threshold).empty
    assert not safe.named("id") and safe.rows[safe.outcome].notna().all()
    kept = safe.rows[safe.outcome]
    assert kept.sum() <= patients.rows[patients.outcome].sum()
    # Whatever was removed or changed is said, and no count below the threshold is.
    assert bool(notes) or len(safe.rows) == len(patients.rows)
    # And from the tables as the chapters compute them.
    counts = patency.counts(safe)
    shown = counts[counts["patients"] > 0]
    assert not is_small(shown["occluded"], shown["patients"] - shown["occluded"], threshold).any()
    for factor in safe.binary_factors:
        table = univariate.two_by_two(safe, factor)
        assert not is_small(table[:, 0], table[:, 1], threshold).any()
    for factor in safe.factors:
        assert not is_small(*roc.level_counts(safe, factor), threshold).any()
        lowest, highest = safe.rows[factor].min(), safe.rows[factor].max()
        assert (
            min((safe.rows[factor] == lowest).sum(), (safe.rows[factor] == highest).sum())
            >= threshold
        )
    described = methods.baseline(safe, safe.group)
    for level in safe.groups:
        exposed, known = described[level]["count"].dropna(), described[level]["n"].dropna()
        assert not ((exposed > 0) & (exposed < threshold)).any(), level
        assert not ((known > 0) & (known < threshold)).any(), level
    again, _ = protect(safe, threshold)
    pd.testing.assert_frame_equal(again.rows, safe.rows)


def test_a_cohort_without_small_cells_loses_nothing_but_order():
    rows = patients({"A": (30, 60), "B": (20, 70)})
    rows["has_x"] = alternating(len(rows))
    safe, notes = protect(read_cohort(rows))
    assert notes == []
    names = ["group", "outcome", "has_x"]
    expected = rows.sort_values(names)[names].reset_index(drop=True).astype({"group": str})
    pd.testing.assert_frame_equal(
        safe.rows[names].astype({"group": str}), expected, check_dtype=False
    )


def test_groups_are_merged_with_their_neighbor_and_say_so():
    rows = patients({"A": (2, 40), "B": (30, 60), "C": (20, 70), "D": (10, 10)})
    rows["has_x"] = alternating(len(rows))
    original = read_cohort(rows, "A|B|C|D")
    safe, notes = protect(original)
    assert safe.groups == ["A or B", "C", "D"]
    assert patency.counts(safe).loc["A or B"].tolist() == [132, 32]
    assert any("“A” and “B” are shown together" in note for note in notes)
    assert not any(word in " ".join(notes) for word in ("2 patients", "42"))


def test_a_factor_with_a_small_cell_is_taken_out_everywhere():
    rows = patients({"A": (30, 60), "B": (20, 70)})
    rows["has_x"], rows["has_rare"] = alternating(len(rows)), 0
    rows.loc[rows.index[rows["outcome"] == 0][:7], "has_rare"] = 1
    rows.loc[0, "has_rare"] = 1
    safe, notes = protect(read_cohort(rows))
    assert safe.factors == ["has_x"]
    assert "has_rare" not in safe.rows and "has_rare" not in safe.codebook.index
    assert any("Not used as factors: “has_rare”" in note for note in notes)


def test_nobody_had_it_may_be_shown_and_everybody_had_it_may_not():
    for outcome, kept in ((0, ["has_x", "has_y"]), (1, ["has_x"])):
        rows = patients({"A": (30, 60), "B": (20, 70)})
        rows["has_x"], rows["has_y"] = alternating(len(rows)), 0
        for group in ("A", "B"):
            rows.loc[
                rows.index[(rows["outcome"] == outcome) & (rows["group"] == group)][:8], "has_y"
            ] = 1
        assert protect(read_cohort(rows))[0].factors == kept


def test_few_patients_with_a_gap_are_left_out_and_a_small_gap_among_many_takes_the_factor():
    rows = patients({"A": (30, 60), "B": (20, 70)}).astype({"outcome": float})
    rows["has_x"], rows["has_y"] = alternating(len(rows)) * 1.0, alternating(len(rows)) * 1.0
    rows.loc[[0, 100], "has_x"] = np.nan
    rows.loc[[*range(2, 5), *range(60, 110)], "has_y"] = np.nan
    rows.loc[1, "outcome"] = np.nan
    safe, notes = protect(read_cohort(rows))
    assert len(safe.rows) == len(rows) - 3
    assert safe.factors == ["has_x"]
    assert any(note.startswith("Fewer than 5 patients are left out") for note in notes)


def test_too_few_with_or_without_the_outcome_are_refused():
    for counts in ({"A": (4, 50), "B": (0, 50)}, {"A": (50, 2), "B": (50, 2)}):
        rows = patients(counts)
        with pytest.raises(InputError, match="fewer than 5 patients are with"):
            protect(read_cohort(rows.assign(has_x=alternating(len(rows)))))


def test_extreme_numbers_become_the_mean_of_a_block():
    rows = patients({"A": (50, 50), "B": (50, 50)})
    rows["length"] = np.random.default_rng(0).permutation(len(rows)) + 1.0
    rows.loc[3, "length"] = 100_000
    safe, notes = protect(read_cohort(rows))
    values = safe.rows["length"]
    assert values.value_counts().min() >= 2 * THRESHOLD
    assert values.mean() == pytest.approx(rows["length"].mean(), rel=0.01)
    assert any("“length”: a value is replaced by the mean of its block" in note for note in notes)


def followed(tmp_path, rows: pd.DataFrame) -> Cohort:
    codebook = (
        "name,label,role,type,unit,levels\ngroup,,group,category,,A|B\nhas_x,,factor,binary,,0|1\n"
        "outcome,,outcome,binary,12 months,0|1\n"
        "months,,time,number,months,\nevent,,event,binary,,0|1\n"
    )
    rows.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "rows.codebook.csv").write_text(codebook, encoding="utf-8")
    return loading.load(tmp_path / "rows.csv")


def test_curves_stop_before_few_are_at_risk_and_keep_to_their_side_of_the_horizon(tmp_path):
    rows = patients({"A": (30, 60), "B": (20, 70)})
    random = np.random.default_rng(0)
    rows["has_x"] = alternating(len(rows))
    rows["months"] = np.where(
        rows["outcome"] == 1, random.uniform(0, 12, 180), random.uniform(12.1, 60, 180)
    ).round(2)
    rows["event"] = rows["outcome"]
    original = followed(tmp_path, rows)
    safe, _ = protect(original)
    curves = survival.describe(safe).curves
    for _, curve in curves.groupby("group"):
        leaving = (curve["events"] + curve["censored"])[curve["time"] > 0]
        assert leaving.min() >= THRESHOLD
        assert curve["at_risk"].min() >= THRESHOLD
    assert ((safe.rows["months"] <= 12) == (safe.rows["outcome"] == 1)).all()
    whole = survival.at_times(survival.kaplan_meier(rows["months"], rows["event"]), [12])[
        "survival"
    ]
    kept = survival.at_times(survival.kaplan_meier(safe.rows["months"], safe.rows["event"]), [12])[
        "survival"
    ]
    assert kept.iloc[0] == pytest.approx(whole.iloc[0])
    rows.loc[0, "event"], rows.loc[rows["outcome"] == 0, "event"] = 1, 0
    rows.loc[4:, "event"] = 0
    assert protect(followed(tmp_path, rows))[0].named("time") == []


def test_levels_of_a_category_are_merged_with_the_reference_level_counted(tmp_path):
    rows = patients({"A": (40, 60), "B": (40, 60)})
    grades = np.array(["I", "II", "III", "IV"])[np.arange(200) // 4 % 4]
    # The first level has no indicator, and its cells are what the others leave over.
    grades[grades == "I"] = "II"
    grades[[0, 1, 90, 91, 92, 93, 94, 95]] = "I"
    rows["grade"] = grades
    codebook = (
        "name,label,role,type,unit,levels\ngroup,,group,category,,A|B\ngrade,Grade,factor,category,,I|II|III|IV\n"
        "outcome,,outcome,binary,12 months,0|1\n"
    )
    rows.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "rows.codebook.csv").write_text(codebook, encoding="utf-8")
    safe, notes = protect(loading.load(tmp_path / "rows.csv"))
    assert safe.factors == ["grade=III", "grade=IV"]
    assert safe.original_codebook.at["grade", "levels"] == "I or II|III|IV"
    assert any("“I” and “II” are shown together" in note for note in notes)


# ------------------------------------------------------------------------------------- the switch


def test_the_books_own_cohort_is_protected_and_a_file_read_by_path_is_not(tmp_path, monkeypatch):
    rows = patients({"A": (2, 40), "B": (30, 60), "C": (20, 70)})
    rows["has_x"] = alternating(len(rows))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    codebook = (
        "name,label,role,type,unit,levels\ngroup,,group,category,,A|B|C\nhas_x,,factor,binary,,0|1\n"
        "outcome,,outcome,binary,,0|1\n"
    )
    (tmp_path / "rows.codebook.csv").write_text(codebook, encoding="utf-8")
    monkeypatch.setenv("COHORT", str(tmp_path / "rows.csv"))
    monkeypatch.delenv("DISCLOSURE", raising=False)
    assert loading.load(tmp_path / "rows.csv").groups == ["A", "B", "C"]
    assert loading.load().groups == ["A or B", "C"] and loading.load().threshold == 5
    for chosen, groups in (
        ("off", ["A", "B", "C"]),
        ("2", ["A", "B", "C"]),
        ("3", ["A or B", "C"]),
    ):
        monkeypatch.setenv("DISCLOSURE", chosen)
        assert loading.load().groups == groups
    for chosen in ("1", "some", "-5", "5.5"):
        monkeypatch.setenv("DISCLOSURE", chosen)
        with pytest.raises(InputError, match=f"DISCLOSURE={chosen} cannot be used"):
            loading.load()
    monkeypatch.delenv("COHORT")
    monkeypatch.delenv("DISCLOSURE")
    assert loading.load().threshold == 0


# -------------------------------------------------------------------------------------- the attack


def printed(counts: np.ndarray) -> tuple:
    """What the book prints about groups by outcome: each shown group with its counts and
    percentage, and the totals.
    """
    parts = merged(counts, unsafe)
    shown = tuple((tuple(part), *counts[part].sum(axis=0).tolist()) for part in parts)
    rates = tuple(percent(patent / max(patent + lost, 1)) for _, patent, lost in shown)
    return shown, rates, tuple(counts.sum(axis=0).tolist())


def blanked(counts: np.ndarray) -> tuple:
    """What a table prints in which small cells are left blank, and nothing else is done."""
    cells = tuple("" if 0 < cell < THRESHOLD else cell for cell in counts.ravel().tolist())
    return cells, tuple(counts.sum(axis=0).tolist())


def tables_by_print(groups: int, total: int, prints) -> dict[tuple, np.ndarray]:
    """All tables of so many patients (groups x without and with the outcome), by what is printed
    about them.
    """
    cells = [(patent, lost) for patent in range(total + 1) for lost in range(total + 1 - patent)]
    found = defaultdict(list)
    for others in itertools.product(cells, repeat=groups - 1):
        patent = sum(cell[0] for cell in others)
        lost = sum(cell[1] for cell in others)
        for last in range(total - patent - lost + 1):
            table = (*others, (total - patent - lost - last, last))
            if THRESHOLD <= lost + last <= total - THRESHOLD:
                found[prints(np.array(table))].append(table)
    return {what: np.array(tables) for what, tables in found.items()}


def possible(tables: np.ndarray) -> list[np.ndarray]:
    """The values that each count of a group can have: without the outcome, with it, and patients in
    all.
    """
    counts = np.dstack([tables, tables.sum(axis=2)])
    return [
        np.unique(counts[:, group, cell]) for group in range(counts.shape[1]) for cell in range(3)
    ]


@pytest.mark.parametrize(("groups", "total"), [(2, 24), (3, 15)])
def test_no_hidden_cell_can_be_computed_from_what_is_printed(groups, total):
    hidden = 0
    for (shown, *_), tables in tables_by_print(groups, total, printed).items():
        merged_groups = {group for part, *_ in shown if len(part) > 1 for group in part}
        for place, values in enumerate(possible(tables)):
            if place // 3 in merged_groups and ((values > 0) & (values < THRESHOLD)).any():
                hidden += 1
                # All that is learned is that it may be small: it can be any small number, or the
                # range is as wide.
                anything = set(range(1, THRESHOLD)) <= set(values.tolist())
                assert anything or (
                    len(values) >= THRESHOLD and values.max() - values.min() >= THRESHOLD - 1
                )
    assert hidden > 10


def test_the_same_attack_finds_cells_that_are_only_left_blank():
    found = 0
    for (cells, _), tables in tables_by_print(2, 24, blanked).items():
        values = [values for place, values in enumerate(possible(tables)) if place % 3 < 2]
        found += any(cell == "" and len(one) == 1 for cell, one in zip(cells, values, strict=True))
    assert found > 10


def test_no_table_of_the_book_names_what_was_taken_out():
    patients = asah()
    safe, notes = protect(patients)
    assert len(patients.rows) == 113 and small_cells(safe).empty
    texts = [
        str(methods.baseline(safe, safe.outcome)),
        str(univariate.screen(safe)),
        str(patency.counts(safe)),
    ]
    for factor in set(patients.factors) - set(safe.factors):
        assert not any(factor in text for text in texts)
        assert any(factor in note for note in notes)
