"""Text that holds only in some case, in the notebook of a page."""

import nbformat
import pytest
from myst_nb.ext.glue import GLUE_PREFIX
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lib.site import conditional


def notebook(text: str, **glued: object) -> nbformat.NotebookNode:
    """A notebook that was run: a text, and after it a cell that has glued values as a page does."""
    outputs = [
        new_output(
            "display_data",
            {f"{GLUE_PREFIX}text/plain": repr(str(value))},
            metadata={"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}},
        )
        for name, value in glued.items()
    ]
    return new_notebook(cells=[new_markdown_cell(text), new_code_cell("glue()", outputs=outputs)])


def settled(text: str, **glued: object) -> str:
    made = notebook(text, **glued)
    conditional.settle(made)
    nbformat.validate(made)
    return made.cells[0].source


TEXT = """\
Before.

:::{when} solved
Only {glue:text}`number` of them.

- A list
:::
:::{when} not solved
None at all.
:::

After."""


@pytest.mark.parametrize(
    ("solved", "kept"), [(True, "Only 3 of them.\n\n- A list\n"), (False, "None at all.\n")]
)
def test_the_case_that_holds_is_unwrapped_and_the_others_are_gone(solved, kept):
    assert settled(TEXT, solved=solved, number=3) == f"Before.\n\n{kept}\nAfter."


def test_what_was_glued_stands_in_the_text_alone():
    """Of somebody's patients it may be what the text withholds."""
    made = notebook(TEXT, solved=False, number=3)
    made.cells[1].outputs.append(new_output("stream", text="seen"))
    conditional.settle(made)
    assert [output.output_type for output in made.cells[1].outputs] == ["stream"]


REST = """\
# Page

Always.

## Of the paper

:::{rest-when} of_paper
:::

Its numbers.

### More of it

Further numbers.

## Of the rows

Their numbers."""


def test_the_rest_of_a_section_goes_with_all_that_is_below_it():
    assert "rest-when" not in settled(REST, of_paper=True)
    assert "Further numbers." in settled(REST, of_paper=True)
    kept = settled(REST, of_paper=False)
    assert kept == "# Page\n\nAlways.\n\n## Of the rows\n\nTheir numbers."


def test_what_is_left_out_keeps_its_code_and_loses_what_that_gave():
    made = notebook("# Page\n\n:::{rest-when} of_paper\n:::\n\nIts numbers.", of_paper=False)
    conditional.settle(made)
    assert made.cells[1].source == "glue()" and made.cells[1].outputs == []


def test_longer_fences_hold_other_directives_and_the_last_line_may_end_the_text():
    text = "::::{when} yes\n:::{note}\nInside.\n:::\n::::"
    assert settled(text, yes=True) == ":::{note}\nInside.\n:::"
    assert settled(text, yes=False) == ""


def test_a_value_is_text_whatever_it_holds():
    value = "a*b_c [x](y) $z$ `d` <script> P<0.05 {glue:text}`number`"
    assert settled("{glue:text}`value`", value=value, number=3) == (
        r"a\*b\_c \[x\](y) \$z\$ \`d\` \<script> P<0.05 {glue:text}\`number\`"
    )


def test_what_no_cell_has_glued_is_left_out_of_a_case_and_left_alone_in_a_sentence():
    assert settled(":::{when} nobody\nText.\n:::\n{glue:text}`nothing`") == "{glue:text}`nothing`"


@pytest.mark.parametrize(
    ("condition", "value", "outcome"),
    [
        ("flag", "True", True),
        ("not flag", "True", False),
        ("not  flag", "False", True),
        ("other and flag", "True", True),
        ("other and not flag", "True", False),
        ("not other and flag", "True", False),
    ],
)
def test_a_condition_is_flags_or_not_flags(condition, value, outcome):
    glued = {"flag": value, "other": "True"}
    assert conditional.holds(condition, glued.__getitem__) == outcome


def test_what_is_so_in_the_whole_book_no_cell_has_to_glue():
    made = notebook(":::{when} example and solved\nOf the example.\n:::", solved=True)
    conditional.tell(made, {"example": "True"})
    conditional.settle(made)
    assert made.cells[0].source == "Of the example."
    assert made.cells[1].outputs == []


def test_a_notebook_without_code_stays_as_it_is():
    made = new_notebook(cells=[new_markdown_cell("Text.")])
    conditional.tell(made, {"example": "True"})
    assert [cell.source for cell in made.cells] == ["Text."]


def test_a_flag_is_true_or_false():
    with pytest.raises(ValueError, match="“flag” is “3”"):
        conditional.holds("flag", {"flag": "3"}.__getitem__)


def test_a_page_holds_what_its_notebook_does_and_every_line_keeps_its_number(caplog):
    text = f"{TEXT}\n\n{REST}\n\n:::{{when}} number\nNever.\n:::\n"
    chosen = conditional.choose(text, {"solved": "True", "number": "3"}, "chapters/roc")
    lines, before = chosen.splitlines(), text.splitlines()
    kept = [
        line for line in before if line in ("Before.", "- A list", "After.", "Further numbers.")
    ]
    assert all(lines[before.index(line)] == line for line in kept) and len(lines) == len(before)
    assert "None at all." not in chosen and ":::" not in chosen
    assert f"% {conditional.LEFT_OUT}" in chosen  # what follows goes with its section
    assert "“of_paper” is “glued by no cell”" in caplog.text and "“number” is “3”" in caplog.text
