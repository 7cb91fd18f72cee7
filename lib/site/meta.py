"""What the site says about itself to search engines, link previews and archives.

Addresses are relative unless the environment variable SITE_URL says where the site will be; only
then can pages name their own address, and can there be a site map.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import textwrap
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from docutils import nodes

ROOT = Path(__file__).parent.parent.parent
PREVIEW = "_static/preview.png"
PREVIEW_PIXELS = (1200, 630)
LONGEST_DESCRIPTION = 200
DESCRIBES = re.compile(
    r'<meta (?:name="(?:description|robots|twitter:card)"|property="og:[^"]+") [^>]*>'
)
LICENSES = {
    "MIT": "https://opensource.org/license/mit",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}
SITE_MAP = """\
<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{locations}</urlset>
"""
NOT_FOUND = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Page not found — {title}</title>
<style>
html {{ background: #fff; color: #1b1f24; font: 1.1rem/1.6 system-ui, sans-serif; }}
body {{ max-width: 38rem; margin: 12vh auto; padding: 0 1rem; background: inherit; }}
a {{ color: #0b5394; }}
@media (prefers-color-scheme: dark) {{ html {{ background: #121212; color: #e6edf3; }} a {{ color: #8cc4f0; }} }}
</style>
</head>
<body>
<main>
<h1>There is no such page</h1>
<p>The address may have been mistyped, or the page may have a new name. The pages of
<em>{title}</em> are:</p>
<ul>
{pages}
</ul>
</main>
<script>
// The page is served at the address that was not found, so its links have to be made from there.
const inside = location.pathname.search(/\\/(chapters|_static|_downloads|data)\\//);
if (inside >= 0) for (const link of document.querySelectorAll("a[href^='chapters/']"))
  link.href = location.pathname.slice(0, inside) + "/" + link.getAttribute("href");
</script>
</body>
</html>
"""


def citation() -> dict:
    """What CITATION.cff says of the book and of the study."""
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def use_site_url(app, config) -> None:
    """Take the address of the site from the environment."""
    url = os.environ.get("SITE_URL", config.html_baseurl or "")
    config.html_baseurl = url.rstrip("/") + "/" if url else ""


def description(doctree: nodes.document | None) -> str:
    """The first paragraph of a page, cut at the end of a sentence where it is long."""
    paragraphs = doctree.findall(nodes.paragraph) if doctree else ()
    text = next((" ".join(paragraph.astext().split()) for paragraph in paragraphs), "")
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    sentence, dot, _ = text[:LONGEST_DESCRIPTION].rpartition(". ")
    return sentence + "." if dot else textwrap.shorten(text, LONGEST_DESCRIPTION, placeholder=" …")


def tags(title: str, about: str, site_name: str, image: str, url: str) -> str:
    """The elements by which a page describes itself; `url` is empty where it is not known."""
    named = {"description": about, "twitter:card": "summary_large_image"}
    properties = {
        "og:type": "article",
        "og:site_name": site_name,
        "og:title": title,
        "og:description": about,
        "og:image": image,
        "og:image:width": PREVIEW_PIXELS[0],
        "og:image:height": PREVIEW_PIXELS[1],
        "og:image:alt": site_name,
        "og:url": url,
    }
    lines = [
        f'<meta name="{name}" content="{escape(str(value))}">'
        for name, value in named.items()
        if value
    ]
    lines += [
        f'<meta property="{name}" content="{escape(str(value))}">'
        for name, value in properties.items()
        if value
    ]
    return "\n".join(lines)


def describe_page(app, pagename, templatename, context, doctree) -> None:
    """Let each page say what it is about; a book about somebody's own patients asks not to be
    indexed.
    """
    if pagename not in app.env.titles:
        return
    about = description(doctree)
    if not app.cohort.is_example:
        context["metatags"] = (
            context.get("metatags", "")
            + f'\n<meta name="robots" content="noindex">\n<meta name="description" content="{escape(about)}">'
        )
        return
    base = app.config.html_baseurl
    image = base + PREVIEW if base else context["pathto"](PREVIEW, 1)
    url = base + app.builder.get_target_uri(pagename) if base else ""
    title = app.env.titles[pagename].astext()
    context["metatags"] = (
        context.get("metatags", "") + "\n" + tags(title, about, app.config.html_title, image, url)
    )
    if pagename == app.config.root_doc:
        data = json.dumps(structured_data(app, about), indent=1, ensure_ascii=False).replace(
            "<", "\\u003c"
        )
        context["metatags"] = (
            context.get("metatags", "")
            + f'\n<script type="application/ld+json">\n{data}\n</script>'
        )


def structured_data(app, about: str) -> dict:
    """The book, the study it is about and its data in the words of schema.org."""
    book, base = citation(), app.config.html_baseurl
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    study = book["references"][0]
    authors = [{"@type": "Organization", "name": author["name"]} for author in book["authors"]]
    licenses = [LICENSES[name] for name in book["license"]]

    def address(path: str) -> dict:
        return {"url": base + path} if base else {}

    return {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": ["Book", "ScholarlyArticle"],
                "name": book["title"],
                "description": about,
                "abstract": book["abstract"],
                "inLanguage": "en",
                "author": authors,
                "version": str(book["version"]),
                "license": licenses,
                "isAccessibleForFree": True,
                "about": {
                    "@type": "ScholarlyArticle",
                    "name": study["title"],
                    "isPartOf": {"@type": "Periodical", "name": study["journal"]},
                    "datePublished": str(study["year"]),
                    "pagination": f"{study['start']}–{study['end']}",
                },
                "hasPart": [
                    {"@type": "Chapter", "name": app.env.titles[name].astext()}
                    | address(app.builder.get_target_uri(name))
                    for name in pages(app)
                ],
                **address(app.builder.get_target_uri(app.config.root_doc)),
            },
            {
                "@type": "Dataset",
                "name": package["title"],
                "description": package["description"],
                "creator": authors,
                "license": LICENSES["CC-BY-4.0"],
                "isAccessibleForFree": True,
                "distribution": [
                    {
                        "@type": "DataDownload",
                        "name": resource["title"],
                        "encodingFormat": resource["mediatype"],
                        "contentUrl": f"{base or '../'}data/{resource['path']}",
                    }
                    for resource in package["resources"]
                ],
            },
        ],
    }


def pages(app) -> list[str]:
    """The pages in reading order."""
    relations, order, page = app.env.collect_relations(), [], app.config.root_doc
    while page:
        order.append(page)
        page = relations[page][2]
    return order


def preview(title: str, lines: list[str]) -> bytes:
    """The picture that stands for the book where it is linked, as PNG; the same bytes at every
    build.
    """
    import matplotlib.pyplot as plt

    from lib.show.display import BLUE, INK, MUTED

    width, height = PREVIEW_PIXELS
    drawing = plt.figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white")
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    axes.add_patch(plt.Rectangle((0, 0), 150, height, color=BLUE))
    for start in range(-150, height + 150, 150):
        for rise in (150, -150):
            axes.plot([0, 150], [start, start + rise], color="white", linewidth=6)
    axes.text(
        200, 80, textwrap.fill(title, 28), fontsize=40, fontweight="bold", color=INK, va="top"
    )
    axes.text(
        200, height - 60, "\n".join(lines), fontsize=20, color=MUTED, va="bottom", linespacing=1.4
    )
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", metadata={"Software": None}, facecolor="white")
    plt.close(drawing)
    return buffer.getvalue()


def finish(app) -> None:
    """Write what stands beside the pages: preview, data, site map, the page for a wrong address.

    The front door, where a link to the site itself leads, describes itself as the start page does.
    """
    site, base, title = Path(app.outdir), app.config.html_baseurl, app.config.html_title
    # From the root of the host, so that the links hold wherever the page is served.
    root = urlsplit(base).path if base else ""
    items = [
        f'<li><a href="{root}{app.builder.get_target_uri(name)}">{escape(app.env.titles[name].astext())}</a></li>'
        for name in pages(app)
    ]
    (site / "404.html").write_text(
        NOT_FOUND.format(title=escape(title), pages="\n".join(items)), encoding="utf-8"
    )
    start = (site / app.builder.get_target_uri(app.config.root_doc)).read_text(encoding="utf-8")
    found = "\n".join(DESCRIBES.findall(start)).replace('content="../', 'content="')
    door = (site / "index.html").read_text(encoding="utf-8")
    (site / "index.html").write_text(door.replace("</head>", found + "\n</head>"), encoding="utf-8")
    public = app.cohort.is_example
    rules = ["User-agent: *", "Disallow:" if public else "Disallow: /"]
    if public:
        lines = [
            "Every number of a published abstract, in running code:",
            "where it comes from, whether it can be right.",
        ]
        (site / PREVIEW).write_bytes(preview(title, lines))
        data = site / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("*.md", ".*"))
        if base:
            locations = "".join(
                f"<url><loc>{base}{app.builder.get_target_uri(name)}</loc></url>\n"
                for name in pages(app)
            )
            (site / "sitemap.xml").write_text(
                SITE_MAP.format(locations=locations), encoding="utf-8"
            )
            rules.append(f"Sitemap: {base}sitemap.xml")
    (site / "robots.txt").write_text("\n".join(rules) + "\n", encoding="utf-8")


def setup(app) -> None:
    """Connect the hooks."""
    app.connect("config-inited", use_site_url)
    app.connect("html-page-context", describe_page)
