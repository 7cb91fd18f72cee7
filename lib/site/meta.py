"""What the site says about itself to search engines, link previews and archives.

sphinxext-opengraph describes each page. Written here: a dozen lines about the book for machines,
the page for a wrong address (the extension for it wants to know the site's address) and the site
map (the extension for it reads the history of git). Addresses are relative unless the environment
variable SITE_URL says where the site will be; only then can there be a site map.
"""

from __future__ import annotations

import json
import os
import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import yaml

ROOT = Path(__file__).parent.parent.parent
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
<link rel="icon" href="data:,">
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
    """Take the address of the site from the environment; a book about somebody's own patients asks
    not to be indexed.
    """
    url = os.environ.get("SITE_URL", config.html_baseurl or "")
    config.html_baseurl = url.rstrip("/") + "/" if url else ""
    # All pages that describe themselves are in one folder.
    config.ogp_site_url = config.html_baseurl or "../"
    config.ogp_site_name = config.html_title
    if not app.cohort.is_example:
        config.ogp_custom_meta_tags += ['<meta name="robots" content="noindex">']


def describe_book(app, pagename, templatename, context, doctree) -> None:
    """Say on the start page, in the words of schema.org, what the book is and what it is about."""
    if pagename != app.config.root_doc or not app.cohort.is_example:
        return
    book = citation()
    study = book["references"][0]
    about = {
        "@context": "https://schema.org",
        "@type": ["Book", "ScholarlyArticle"],
        "name": book["title"],
        "abstract": book["abstract"],
        "author": [{"@type": "Organization", "name": author["name"]} for author in book["authors"]],
        "version": str(book["version"]),
        "license": [LICENSES[name] for name in book["license"]],
        "about": {
            "@type": "ScholarlyArticle",
            "name": study["title"],
            "isPartOf": {"@type": "Periodical", "name": study["journal"]},
            "datePublished": str(study["year"]),
        },
    }
    data = json.dumps(about, indent=1, ensure_ascii=False).replace("<", "\\u003c")
    context["metatags"] += f'\n<script type="application/ld+json">\n{data}\n</script>'


def pages(app) -> list[str]:
    """The pages in reading order."""
    relations, order, page = app.env.collect_relations(), [], app.config.root_doc
    while page:
        order.append(page)
        page = relations[page][2]
    return order


def finish(app) -> None:
    """Write what stands beside the pages: the page for a wrong address, rules for robots, site map.

    The front door, where a link to the site itself leads, describes itself as the start page does.
    """
    site, base = Path(app.outdir), app.config.html_baseurl
    addresses = {name: app.builder.get_target_uri(name) for name in pages(app)}
    # From the root of the host, so that the links hold wherever the page is served.
    root = urlsplit(base).path
    items = [
        f'<li><a href="{root}{address}">{escape(app.env.titles[name].astext())}</a></li>'
        for name, address in addresses.items()
    ]
    not_found = NOT_FOUND.format(title=escape(app.config.html_title), pages="\n".join(items))
    (site / "404.html").write_text(not_found, encoding="utf-8")
    start = (site / addresses[app.config.root_doc]).read_text(encoding="utf-8")
    found = "\n".join(DESCRIBES.findall(start)).replace('content="../', 'content="')
    door = (site / "index.html").read_text(encoding="utf-8")
    (site / "index.html").write_text(door.replace("</head>", found + "\n</head>"), encoding="utf-8")
    rules = "User-agent: *\nDisallow: /\n"
    if app.cohort.is_example:
        rules = "User-agent: *\nDisallow:\n"
        if base:
            rules += f"Sitemap: {base}sitemap.xml\n"
            lines = [f"<url><loc>{base}{address}</loc></url>\n" for address in addresses.values()]
            site_map = SITE_MAP.format(locations="".join(lines))
            (site / "sitemap.xml").write_text(site_map, encoding="utf-8")
    (site / "robots.txt").write_text(rules, encoding="utf-8")


def setup(app) -> None:
    """Connect the hooks."""
    app.connect("config-inited", use_site_url)
    # After sphinxext-opengraph, which adds its own.
    app.connect("html-page-context", describe_book, priority=900)
