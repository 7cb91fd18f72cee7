"""What leaves the book for other programs: downloads without formulas, names that are safe, labels
taken literally.
"""

import csv
import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.show import display


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


def test_headings_categories_and_repeated_headings_are_covered():
    frame = pd.DataFrame([["=a", "=b", -1.5]], columns=["=x", "=x", "y"]).astype({"y": float})
    frame.isetitem(1, pd.Categorical(frame.iloc[:, 1]))
    assert display.csv(frame) == "'=x,'=x,y\n'=a,'=b,-1.5\n"


@given(
    st.lists(st.floats(allow_nan=True), min_size=1),
    st.lists(st.sampled_from(["a", "–", "1,5", 'say "x"']), min_size=1),
)
def test_harmless_tables_are_written_as_pandas_writes_them(numbers, texts):
    size = min(len(numbers), len(texts))
    frame = pd.DataFrame({"n": numbers[:size], "count": np.arange(size), "text": texts[:size]})
    assert display.csv(frame) == frame.to_csv(
        index=False, lineterminator="\n", float_format="%.10g"
    )


@given(st.text(min_size=1), st.text(min_size=1))
def test_file_names_are_plain_and_different_for_different_names(one, other):
    assert set(display.file_name(one)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert one == other or display.file_name(one) != display.file_name(other)
    assert display.file_name("tab-columns_2") == "tab-columns_2"


def test_a_label_is_drawn_as_it_is_written(capsys):
    assert mpl.rcParams["text.parse_math"] is False
    drawing, axes = display.canvas("costs $5 or $\\frac{ more")
    axes.set_xlabel("$x^2$")
    display.figure(drawing, name="fig-x", caption="c", alt="a")
