"""How the book shows things: tables by their columns, labels that fit, warnings in words; and what
leaves it for other programs: downloads without formulas, names that are safe.
"""

import csv
import io
import re
import textwrap
import warnings
from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from helpers import random_patients, read_cohort
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lib.patients.cohort import Withheld
from lib.show import display, figures, model_tables, plots, rows, tables, withhold
from lib.site.notebooks import CHAPTERS
from lib.statistics import roc, sample_size, univariate
from lib.statistics.sensitivity import FunctionalForm
from lib.words import capital, decimals, limits, measured, number, p_value, percent, ratio


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "–"),
        (0, "<0.001"),
        (0.0042, "0.004"),
        (0.0142, "0.01"),
        (1, "1.00"),
        (1000.1, ">1,000"),
        (np.inf, ">1,000"),
    ],
)
def test_a_ratio_is_a_number_that_can_be_read(value, words):
    assert ratio(value) == words
    assert ratio(value, 3) == (words if not 0.01 < value < 1000 else f"{value:.3f}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (percent(368 / 640, 0), "58%"),
        (percent(1 / 8, 0), "13%"),
        (percent(29 / 80), "36.3%"),
        (number(3.55, 1), "3.6"),
        (number(-0.125), "−0.13"),
        (number(0.1 + 0.7, 1), "0.8"),
        (number(1234567.5, 0), "1,234,568"),
        (number(1e30, 0), f"{10**30:,}"),
        (p_value(0.0245), "0.025"),
    ],
)
def test_a_half_is_rounded_away_from_zero_as_on_paper(words, expected):
    """57.5% of 640 is 368; its binary fraction is a little less."""
    assert words == expected


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_percentage_is_that_of_whole_numbers(counts):
    count, of = counts
    assert percent(count / of, 1) == f"{(2000 * count + of) // (2 * of) / 10:.1f}%"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([60, 80, 100, 120, 140], "100 (80 to 120)"),
        ([1, 2, 4, 5, 9], "4 (2 to 5)"),
        ([0.6, 0.82, 1, 1.22, 2], "1.00 (0.82 to 1.22)"),
        ([0.1 + 0.2, 0.5, 0.9, 1.1, 1.3], "0.9 (0.5 to 1.1)"),
        ([2008, 2011, 2014, 2017, 2020], "2014 (2011 to 2017)"),
        ([0, 12000.4, 23000.4, 34000.4, 9e4], "23,000 (12,000 to 34,000)"),
        ([6e9, 7.1e9, 8.123e9, 9.2e9, 1e10], "8.1e+09 (7.1e+09 to 9.2e+09)"),
        ([1e-5, 7.1e-5, 9e-5, 9.52e-5, 1e-4], "9e−05 (7.1e−05 to 9.5e−05)"),
        ([0.89, 0.9, 0.90002, 0.90013, 0.91], "0.90002 (0.90000 to 0.90013)"),
        ([0, 0, 0, 0, 2.5], "0.0 (0.0 to 0.0)"),
        ([3, 3, 3, 3, 3], "3 (3 to 3)"),
        ([np.nan], "– (–)"),
    ],
)
def test_a_measurement_has_the_digits_that_its_spread_needs(values, words):
    values = pd.Series(values, dtype=float)
    lower, median, upper = (
        measured(values.quantile(part), decimals(values)) if values.notna().any() else "–"
        for part in (0.25, 0.5, 0.75)
    )
    assert words in (f"{median} ({lower} to {upper})", f"{median} ({lower})")


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\n=1"),
        ("a\r=1", "a\n=1"),
        ("＝1+1", "'＝1+1"),
        ("A=1", "A=1"),
        ("-2.5", "-2.5"),
        ("+3", "+3"),
        ("−2", "−2"),
        ("", ""),
        (-2.5, "-2.5"),
        (None, ""),
    ],
)
def test_no_text_of_a_download_is_a_formula_and_no_number_is_changed(cell, written):
    for values in ([cell, "x"], [cell, 1]):
        rows = list(
            csv.reader(io.StringIO(display.csv(pd.DataFrame({"column": values})), newline=""))
        )
        assert (rows[1] or [""]) == [written]


@given(
    st.lists(st.floats(allow_nan=True), min_size=1),
    st.lists(st.sampled_from(["a", "–", "1,5", 'say "x"']), min_size=1),
)
def test_harmless_tables_are_written_as_pandas_writes_them(numbers, texts):
    size = min(len(numbers), len(texts))
    frame = pd.DataFrame({"n": numbers[:size], "count": np.arange(size), "text": texts[:size]})
    assert display.csv(frame) == frame.to_csv(index=False, lineterminator="\n", float_format="%.8g")


@given(st.text(min_size=1), st.text(min_size=1))
def test_file_names_are_plain_and_different_for_different_names(one, other):
    assert set(display.file_name(one)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert one == other or display.file_name(one) != display.file_name(other)
    assert display.file_name("tab-columns_2") == "tab-columns_2"


# -------------------------------------------------------------------------------------- tables


RATES = pd.DataFrame(
    {"rate": [0.894, 0.5], "lower": [0.77, 0.41], "upper": [0.95, 0.59]}, index=["a", "b"]
)


def width(lower: float, upper: float) -> dict:
    return {"text": f"{upper - lower:.2f}", "class": "wide"}


def test_a_column_is_a_name_or_names_with_a_form(shown):
    columns = {
        "Group": "group",
        "Rate": ("rate", percent),
        "Interval": ("lower", "upper", limits),
        "Width": ("lower", "upper", width),
    }
    display.table(RATES, columns, key="group", name="tab-x", caption="c", left=("Width",))
    content = shown[0].content
    assert content["columns"] == [
        {"label": "Group", "align": "left"},
        {"label": "Rate", "align": "right"},
        {"label": "Interval", "align": "right"},
        {"label": "Width", "align": "left"},
    ]
    assert content["rows"] == [
        ["a", "89.4%", "0.77\u00a0to\u00a00.95", {"text": "0.18", "class": "wide"}],
        ["b", "50.0%", "0.41\u00a0to\u00a00.59", {"text": "0.18", "class": "wide"}],
    ]
    assert content["csv"] == "group,rate,lower,upper\na,0.894,0.77,0.95\nb,0.5,0.41,0.59\n"


def test_without_columns_the_cells_are_those_of_the_rows_and_so_is_the_download(shown):
    badge = {"text": "given", "class": "verdict"}
    rows = pd.DataFrame({"Verdict": [badge], "Claims": [2]})
    display.table(rows, name="tab-x", caption="c")
    assert shown[0].content["rows"] == [[badge, "2"]]
    assert shown[0].content["csv"] == "Verdict,Claims\ngiven,2\n"


def test_a_cell_that_needs_what_is_withheld_is_withheld(shown):
    rates = display.masked(RATES, [True, False], ["upper"])
    columns = {"Group": "group", "Rate": ("rate", percent), "Interval": ("lower", "upper", limits)}
    display.table(rates, columns, key="group", name="tab-x", caption="c")
    assert [row[1:] for row in shown[0].content["rows"]] == [
        ["89.4%", display.WITHHELD],
        ["50.0%", "0.41\u00a0to\u00a00.59"],
    ]


@pytest.mark.parametrize(
    ("reconstructed", "expected"),
    [(False, "Rates."), (True, "Rates. Rests on the example cohort, not on patient data.")],
)
def test_what_rests_on_the_example_cohort_says_so_in_its_caption(shown, reconstructed, expected):
    display.table(RATES, name="tab-x", caption="Rates.", reconstructed=reconstructed)
    assert shown[0].content["caption"] == expected
    assert shown[0].content["reconstructed"] is reconstructed
    about = {"name": "f", "caption": "Rates.", "alt": "a", "data": RATES}
    with display.figure("title", **about, reconstructed=reconstructed) as axes:
        pass
    assert shown[1].content["caption"] == expected
    # And drawn on hatched ground, unlike what is published.
    assert bool(axes.patch.get_hatch()) is reconstructed


def test_an_output_names_the_function_that_made_it(shown):
    counts = pd.DataFrame({"n": [3]}, index=pd.Index(["a"], name="reading"))
    figures.significant_pairs(np.full((3, 4), 0.01), {}, 0.05, False)
    model_tables.sample_size(sample_size.minimum_sample_size(6, 0.23), False)
    display.table(counts, name="tab-x", caption="c")
    made_by = ["figures.significant_pairs", "model_tables.sample_size", "display.table"]
    functions = [output.content["function"] for output in shown]
    assert functions == [f"lib.show.{name}" for name in made_by]


# ------------------------------------------------------------------------------------- figures


LONG = "A label of eighty characters, such as registries give to the columns of a table!"
LONG_LABELS = [LONG, LONG.replace(" ", "_"), LONG[:38] + "\n" + LONG[39:]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("label", LONG_LABELS)
@pytest.mark.parametrize("panels", [1, 3])
def test_long_labels_are_read_in_full_and_leave_room_for_the_drawing(shown, label, panels):
    assert len(LONG) == 80
    about = {"name": "fig-x", "caption": "c", "alt": "a", "data": RATES, "reconstructed": True}
    about |= {"xlabel": label, "ylabel": label, "nrows": panels, "squeeze": False}
    with display.figure(label, **about) as axes:
        for axis in axes[:, 0]:
            look = {"color": "black", "label": label}
            plots.dots(axis, np.arange(4), np.arange(4), np.arange(4) - 1, np.arange(4) + 1, **look)
            plots.name_rows(axis, [label] * 4)
    drawing = axes[0, 0].figure
    assert shown[0].content["caption"] == f"c {capital(display.EXAMPLE_MARK)}."
    drawing.draw_without_rendering()
    page = drawing.bbox
    for axis in axes[:, 0]:
        assert axis.bbox.width > 0.3 * page.width
        assert axis.bbox.height > 1.2 * display.POINTS / 72 * drawing.dpi * 4
        names = [text.get_window_extent() for text in axis.get_yticklabels()]
        assert all(lower.y1 <= upper.y0 + 1 for upper, lower in pairwise(names))
    drawn, (width, height) = drawing.get_tightbbox(), drawing.get_size_inches()
    assert drawn.x0 > -0.01 and drawn.x1 < width + 0.01
    assert drawn.y0 > -0.01 and drawn.y1 < height + 0.01
    words = [re.sub(r"\s", "", text.get_text()) for text in drawing.findobj(mpl.text.Text)]
    assert words.count(re.sub(r"\s", "", label)) >= 1 + 7 * panels


def test_a_picture_of_many_parts_has_no_name_given_by_chance(shown, monkeypatch):
    """Each kind of part has its own names, numbered in hexadecimal digits."""
    about = {"name": "fig-x", "caption": "c", "alt": "a", "data": RATES}
    for salt in ("one", "another"):
        monkeypatch.setitem(mpl.rcParams, "svg.hashsalt", salt)
        with display.figure("title", **about) as axes:
            for place in range(18):
                axes.scatter(range(40), [place] * 40, c=range(40))
                axes.plot([0, 1], [place, place], "o", markersize=place)
    first, second = (one.forms["image/svg+xml"] for one in shown)
    assert first == second


CHINESE = "患者在入院后首次化疗之前所测得的肿瘤标志物最高浓度是否超过正常参考值上限的两倍以上"


@pytest.mark.parametrize("text", [CHINESE, f"The closest pair: {CHINESE} and {CHINESE}, r = −0.10"])
@pytest.mark.parametrize("letters", [20, 29, 52])
def test_chinese_letters_are_counted_twice_where_lines_are_broken(text, letters):
    lines = display.wrapped(text, letters).split("\n")
    widths = [sum(1 + (one >= "一") for one in line) for line in lines]
    assert max(widths) <= letters + 1 and min(widths[:-1]) > letters / 2
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert display.wrapped(LONG, letters) == textwrap.fill(LONG, letters)


WIDE = "Highest concentration of the tumour marker before the first cycle of therapy no. {}"


@pytest.mark.parametrize(("number", "label"), [(8, WIDE), (30, "has_{}"), (5, WIDE)])
def test_the_grid_of_correlations_can_be_read(shown, monkeypatch, number, label):
    names, drawings = [f"has_{one}" for one in range(number)], []
    random = np.random.default_rng(1)
    patients = pd.DataFrame(random.integers(0, 2, (200, number)), columns=names)
    cohort = read_cohort(patients.assign(outcome=np.arange(200) % 2))
    cohort.codebook["label"] = [label.format(one) for one in cohort.codebook.index]
    monkeypatch.setattr(display, "_add_legend", drawings.append)
    rows.association(cohort.rows[names].corr(), cohort)
    drawings[0].draw_without_rendering()
    (axes,) = drawings[0].axes
    told = [text.get_window_extent() for text in axes.get_xticklabels() if text.get_text()]
    assert len(told) >= 8 or len(told) == number
    assert all(left.x1 < right.x0 for left, right in pairwise(told))
    cell = axes.bbox.width / number
    assert len(axes.texts) == (number * (number - 1) if number <= 8 else 0)
    assert all(text.get_window_extent().width < cell for text in axes.texts)


def test_a_correlation_that_is_withheld_does_not_look_like_a_small_one(shown, monkeypatch):
    names, drawings = [f"has_{one}" for one in range(10)], []
    patients = pd.DataFrame(np.random.default_rng(1).integers(0, 2, (200, 10)), columns=names)
    cohort = read_cohort(patients.assign(outcome=np.arange(200) % 2))
    pairs = [frozenset(("has_2", "has_7")), frozenset(("has_0", "has_9"))]
    monkeypatch.setattr(display, "_add_legend", drawings.append)
    for gone in ((), pairs):
        careful = replace(cohort, withheld=Withheld(5, pairs=frozenset(gone)))
        rows.association(cohort.rows[names].corr(), careful)
    whole, partly = (drawing.axes[0].patches for drawing in drawings)
    assert not [cell for cell in whole if cell.get_hatch()]
    hatched = {cell.get_xy() for cell in partly if cell.get_hatch()}
    assert hatched == {(2, 7), (7, 2), (0, 9), (9, 0)}
    for said in (shown[1].content["caption"], shown[1].content["alt"]):
        assert "hatched, because withheld: 2 pairs" in said
    assert "hatched" not in shown[0].content["caption"] + shown[0].content["alt"]


@pytest.mark.parametrize("threshold", [0, 5])
def test_the_picture_of_shares_names_no_group_where_there_is_one_and_says_what_without_is(
    shown, monkeypatch, threshold
):
    drawings = []
    cohort = read_cohort(random_patients(300), "A|B|C")
    cohort = replace(cohort, withheld=Withheld(threshold))
    monkeypatch.setattr(display, "_add_legend", drawings.append)
    rows.shares(cohort)
    rows.shares(replace(cohort, codebook=cohort.codebook.assign(category="")))
    labels = drawings[0].axes[0].get_legend_handles_labels()[1]
    assert labels == ([] if threshold else ["A", "B", "C"])
    plain, leveled = (f"{one.content['caption']} {one.content['alt']}" for one in shown)
    assert ("share with event: has_a (" in plain) == (threshold > 0)
    assert "With event with" not in plain and "most often with event" not in plain
    assert ("all " in plain) == (threshold == 0)
    any_other = "open: of those without it, that is, with any other level of the same factor"
    assert any_other in leveled and any_other not in plain


def of_marker(label: str, events: list[int], nonevents: list[int]) -> roc.Marker:
    return roc.Marker(label, np.array(events), np.array(nonevents), False)


@pytest.mark.parametrize("threshold", [0, 5])
def test_the_roc_figure_states_the_largest_area_and_what_is_not_quite_drawn(shown, threshold):
    """Of a number with points that are withheld the area that is drawn is another than the AUC."""
    random = np.random.default_rng(4)
    counts = [np.sort(random.integers(0, 3, 40)), np.sort(random.integers(0, 4, 40))[::-1]]
    markers = {"size": of_marker("Size", *counts), "rare": of_marker("Rare", [57, 3], [90, 1])}
    cohort = replace(read_cohort(random_patients(), "A|B|C"), withheld=Withheld(threshold))
    curves = {one.label: withhold.roc_curve(one, cohort) for one in markers.values()}
    areas = {one.label: roc.auc(one.events, one.nonevents) for one in markers.values()}
    figures.roc_curves(curves, areas, reconstructed=False)
    about = shown[0].content
    assert f"The largest AUC is that of Size: {areas['Size']:.3f}." in about["alt"]
    not_quite = "the area below these is not quite the AUC"
    assert (not_quite in about["caption"]) == (threshold > 0)
    drawn = curves["Size"]
    best = (drawn["sensitivity"] - drawn["false_positive_rate"]).idxmax()
    point = drawn.loc[best]
    assert (
        f"Size (AUC {areas['Size']:.3f}): sensitivity {point['sensitivity']:.1%} at specificity "
        f"{1 - point['false_positive_rate']:.1%}; Rare (AUC {areas['Rare']:.3f}): sensitivity 5.0% "
        "at specificity 98.9%" in about["alt"]
    )


def test_a_binary_marker_near_an_edge_is_drawn_whole(shown, monkeypatch):
    drawings = []
    monkeypatch.setattr(display, "_add_legend", drawings.append)
    rare = of_marker("Rare", [57, 3], [90, 1])
    figures.roc_curves({"Rare": roc.curve(rare.events, rare.nonevents)}, {"Rare": 0.5}, False)
    curve, _ = drawings[0].axes[0].lines
    assert curve.get_marker() == "o" and not curve.get_clip_on()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [2, 6, 12])
@pytest.mark.parametrize("threshold", [0, 5])
def test_no_two_of_many_groups_look_alike(shown, monkeypatch, number, threshold):
    groups, drawings = list("ABCDEFGHIJKL"[:number]), []
    cohort = read_cohort(
        random_patients(1200).assign(group=groups * (1200 // number)), "|".join(groups)
    )
    cohort = replace(cohort, withheld=Withheld(threshold))
    monkeypatch.setattr(display, "_add_legend", drawings.append)
    rows.numbers(cohort)
    rows.shares(cohort)
    with display.figure("title", name="fig-x", caption="c", alt="a", data=RATES) as axes:
        for group in groups:  # as in the picture of curves over time
            plots.curve(axes, np.arange(2), np.arange(2), label=group)
    for drawing in drawings[:: 1 + (threshold > 0)]:  # withheld, shares have no groups
        lines = [line for line in drawing.axes[0].lines if line.get_label() in {*groups}]
        looks = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines}
        assert len(looks) == len(lines) == number
        assert threshold or number < 6 or all(len(line.get_xdata()) for line in lines)


@pytest.mark.parametrize(
    ("limits", "labels"),
    [
        ((0.6, 1.6), ["0.6", "0.8", "1", "1.2", "1.4", "1.6"]),
        ((0.95, 1.05), ["0.96", "0.98", "1", "1.02", "1.04"]),
        ((0.45, 2.2), ["0.5", "1", "2"]),
        ((0.02, 300), ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100",
                       "200"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("side", ["x", "y"])
def test_a_scale_of_ratios_has_two_numbers_at_least(limits, labels, side):
    axes = mpl.figure.Figure().subplots()
    plots.ratio_scale(axes, side)
    axes.set(**{f"{side}lim": limits})
    axes.figure.draw_without_rendering()
    axis = getattr(axes, f"{side}axis")
    shown = [
        text.get_text()
        for text, place in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True)
        if limits[0] <= place <= limits[1]
    ]
    assert shown == labels


def test_the_forest_shows_a_number_for_a_step_that_can_be_seen(shown):
    rows = pd.DataFrame(
        {"has_x": [0, 1] * 4, "length": range(0, 400, 50), "outcome": [0, 0, 1, 1] * 2}
    )
    cohort = read_cohort(rows)
    table = pd.DataFrame(
        {"odds_ratio": [2.0, 2.7], "lower": 0.9, "upper": 3.0, "p": 0.2}, cohort.factors
    )
    figures.forest(table, table, cohort, [])
    data = pd.read_csv(io.StringIO(shown[0].content["csv"])).set_index("factor")
    assert data.at["has_x", "odds_ratio_crude"] == 2
    assert data["step"].to_dict() == {"has_x": 1, "length": 100}
    assert data.at["length", "odds_ratio_adjusted"] == 2.7
    assert "length (per 100) crude 2.70" in shown[0].content["alt"]


def test_a_curve_of_a_number_is_read_at_the_values_that_it_has(shown):
    """At 0.4, not at 0."""
    values = np.linspace(0.4, 36.8, 101)
    curve = pd.DataFrame({"value": values, "linear": 1.2, "spline": 1.3, "lower": 0.8, "upper": 2})
    figures.functional_form(FunctionalForm(0.2, curve), "crp", "CRP (mg/L)", False)
    assert re.findall(r"at ([\d.]+) 1\.30", shown[0].content["alt"]) == [
        *("0.4", "9.5", "18.6", "27.7", "36.8")
    ]


@pytest.mark.parametrize("withheld", [True, False])
def test_a_ratio_that_stands_alone_in_the_forest_stands_at_its_name(monkeypatch, withheld):
    """Beside it is no place for one that is not drawn."""
    drawn = {}
    monkeypatch.setattr(
        figures.plots,
        "dots",
        lambda axes, places, *_, **options: drawn.update({options["marker"]: list(places)}),
    )
    cohort = read_cohort(random_patients(), "A|B|C")
    table = pd.DataFrame(
        {"odds_ratio": 2.0, "lower": 0.9, "upper": 3.0, "p": 0.2}, index=cohort.factors
    )
    figures.forest(table, table.drop(index=cohort.factors[0]), cohort, [], withheld)
    places = range(len(table))
    apart = [0 if withheld or place == 0 else 0.15 for place in places]
    assert drawn["o"] == pytest.approx([a - b for a, b in zip(places, apart, strict=True)])
    assert drawn["s"] == pytest.approx([a + b for a, b in zip(places, apart, strict=True)])


def test_a_level_that_is_an_empty_cell_is_named_in_the_table_of_the_columns(shown):
    rules = pd.DataFrame(
        {"label": "Box", "role": "factor", "type": "binary", "unit": "", "levels": ["|x", "|1", ""]}
    ).assign(level_labels=["", "no|yes", ""])
    tables.codebook(rules.rename_axis("name"), "tab-any")
    named = [row[-1] for row in shown[0].content["rows"]]
    assert named == ["empty, x", "empty (no), 1 (yes)", ""]  # a number has no levels


def test_one_p_reads_the_same_in_every_table(shown):
    cohort = read_cohort(random_patients(), "A|B|C")
    estimates = ["coefficient", "standard_error", "odds_ratio", "lower", "upper"]
    table = pd.DataFrame(1.0, cohort.factors, estimates).assign(p=[0.0067, 0.00052, 0.0196])
    model_tables.joint_model(table, cohort, [])
    model_tables.crude_and_adjusted(univariate.screen(cohort), table, cohort)
    for found in shown:
        assert [row[-1] for row in found.content["rows"]] == ["0.0067", "0.00052", "0.020"]


def test_a_verdict_has_one_color_in_figures_and_on_pages():
    """But for what is too pale for words: the gray of the given, and the orange on a light page."""
    css = (CHAPTERS / "assets" / "book.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6});", css.split(f"{theme} {{")[1].split("}")[0]))
        for theme in (":root", 'html[data-theme="dark"]')
    )
    drawn = {verdict: color for verdict, (color, _) in figures.VERDICT_FILLS.items()}
    drawn["given"] = display.MUTED
    assert dark == {verdict: display.DARK[color] for verdict, color in drawn.items()}
    words, orange = light.pop("contradicted"), drawn.pop("contradicted")
    assert light == drawn
    assert all(np.less_equal(*map(mpl.colors.to_rgb, (words, orange))))
    print_css = (CHAPTERS / "assets" / "print.css").read_text(encoding="utf-8")
    assert not [verdict for verdict in dark if f"--{verdict}" in print_css]


def warn(*_: object) -> None:
    warnings.warn("odd <numbers>", stacklevel=1)


# What draws as soon as it is called, and what only the saving calls.
WARNED = pytest.mark.parametrize(
    "drawing", [warn, lambda axes: axes.xaxis.set_major_formatter(warn)], ids=["at once", "saved"]
)


def draw(drawing) -> None:
    about = {"name": "fig-x", "caption": "A figure.", "alt": "a", "data": RATES}
    with display.figure("title", **about) as axes:
        drawing(axes)


@WARNED
@pytest.mark.filterwarnings("default")
def test_what_is_warned_of_in_drawing_is_said_in_words_below_the_figure(shown, recwarn, drawing):
    draw(drawing)
    assert shown[0].content["caption"] == "A figure. Warned of in drawing this: odd <numbers>"
    assert not recwarn.list


@WARNED
@pytest.mark.filterwarnings("error")
def test_what_is_warned_of_in_drawing_is_an_error_in_tests(shown, drawing):
    with pytest.raises(UserWarning, match="odd <numbers>"):
        draw(drawing)


@pytest.mark.filterwarnings("default")
def test_letters_that_no_font_here_has_are_said_to_be_missing(shown):
    """As of a Chinese label where no Chinese font is installed: never boxes without a word."""
    missing = "Glyph 26082 missing from font(s) DejaVu Sans."
    draw(lambda axes: warnings.warn(missing, stacklevel=1))
    assert shown[0].content["caption"] == f"A figure. {display.NO_FONT}"


def test_a_figure_for_print_has_300_dots_an_inch(shown, monkeypatch, tmp_path):
    monkeypatch.setenv("FIGURES", str(tmp_path))
    draw(lambda axes: axes.plot([0, 1]))
    (path,) = tmp_path.iterdir()
    with Image.open(path) as picture:
        assert (path.name, picture.format) == ("fig-x.png", "PNG")
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
