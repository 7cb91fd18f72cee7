"""Hostile words from a user's file: whatever a label holds, the page shows it as text and nothing
of it runs.
"""

import pytest
from books import small_book
from bs4 import BeautifulSoup

from lib.site.book import WORD

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
    name = f"fig-{i}/../../{label}"
    with display.figure(label, name=name, caption=label, alt=label, data=frame) as axes:
        axes.plot([0, 1], [0, 1], label=label)
        axes.set_xlabel(label)
    display.glue(**{f"g{i}": label})
```

PROSE
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    prose = "\n\n".join(f"G{i} {{glue:text}}`g{i}` end" for i in range(len(HOSTILE)))
    pages = {
        "index": CHAPTER.replace("LABELS", repr(HOSTILE)).replace("PROSE", prose),
        "methods": "# methods\n\n(methods-example)=\n## x\n",
        # To which the outputs link the functions that made them.
        "code": "# code\n\n```{eval-rst}\n.. automodule:: lib.show.display\n```\n",
    }
    book = small_book(tmp_path_factory.mktemp("labels") / "book", pages)
    book.rebuild()
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


def test_downloads_stay_in_their_folder(page):
    book, _ = page
    folder = book.site / "_downloads" / "chapters" / "index"
    files = {path for path in (book.site / "_downloads").rglob("*") if path.is_file()}
    # All tables of the book as one file stand above the pages' folders.
    assert {path.parent for path in files - {book.site / WORD}} == {folder}
