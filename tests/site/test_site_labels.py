"""Hostile words from a user's file: whatever a label holds, the page shows it as text and nothing
of it runs.
"""

import pytest
from books import small_book
from bs4 import BeautifulSoup

HOSTILE = [
    "<script>window.hacked=1</script>",
    "</title><img src=x onerror=window.hacked=1>",
    "{{ 1+1 }} and {glue:text}`g0`",
    "$x^2$ and $\\frac{",
    "[a](javascript:window.hacked=1)",
    "`code` **bold** _it_ ```",
    "{ref}`methods` {number} {name} %s",
    "C:\\new a|b",
    "&lt;b&gt; &amp;",
    "=1+1",
    "中文标签",
]
CHAPTER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst, format_version: 0.13}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# index

```{code-cell}
:tags: [remove-input]

import pandas as pd

from lib.show import display

for i, label in enumerate(LABELS):
    frame = pd.DataFrame({label: [label, label], "n": [1, -2.5]})
    display.table(frame, name=f"tab-{i}", caption=label, note=label, left=(label,))
    drawing, axes = display.canvas(label)
    axes.plot([0, 1], [0, 1], label=label)
    axes.set_xlabel(label)
    display.figure(drawing, name=f"fig-{i}/../../{label}", caption=label, alt=label, data=frame)
    display.glue(**{f"g{i}": label})
```

PROSE
"""
DOCUMENTED = ":::{{py:function}} lib.show.display.{}\n:::\n".format


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    prose = "\n\n".join(f"G{i} {{glue:text}}`g{i}` end" for i in range(len(HOSTILE)))
    pages = {
        "index": CHAPTER.replace("LABELS", repr(HOSTILE)).replace("PROSE", prose),
        "methods": "# methods\n\n(methods-example)=\n## x\n",
        # Below each table and figure stands a link to the function that made it.
        "code_show": "# The room\n\n" + "".join(map(DOCUMENTED, ("table", "figure"))),
    }
    book = small_book(tmp_path_factory.mktemp("labels") / "book", pages)
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return book, BeautifulSoup(book.page("index"), "html.parser")


def test_labels_are_text_everywhere(page):
    _, html = page
    paragraphs = [paragraph.get_text() for paragraph in html.find_all("p")]
    captions = [caption.get_text() for caption in html.find_all(["caption", "figcaption"])]
    for i, label in enumerate(HOSTILE):
        assert f"G{i} {label} end" in paragraphs
        assert sum(label in caption for caption in captions) >= 2
        assert any(image.get("alt") == label for image in html.find_all("img"))
        assert any(label == heading.get_text(strip=True) for heading in html.find_all("th"))


def test_nothing_of_a_label_runs_or_leads_anywhere(page):
    _, html = page
    for script in html.find_all("script"):
        # What describes the page to machines is data: nothing in it can end the element or begin
        # another.
        limit = "<" if script.get("type") == "application/ld+json" else "hacked"
        assert limit not in script.get_text()
    assert not [
        tag for tag in html.find_all(True) if any(name.startswith("on") for name in tag.attrs)
    ]
    assert not [
        link for link in html.find_all("a", href=True) if link["href"].startswith("javascript")
    ]
    assert not [image for image in html.find_all("img") if image.get("src") == "x"]
    assert "Warning" not in html.get_text()


def test_downloads_stay_in_their_folder_and_hold_no_formula(page):
    book, _ = page
    downloads = book.site / "_downloads"
    folder = downloads / "chapters" / "index"
    files = {path for path in downloads.rglob("*") if path.is_file()}
    assert {path.parent for path in files - {downloads / "tables.docx"}} == {folder}
    for path in folder.glob("*.csv"):
        assert not [
            line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("=")
        ]
