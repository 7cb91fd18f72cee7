"""What the site says about itself to search engines, link previews and archives.

sphinxext-opengraph describes each page. Written here: a dozen lines about the book for machines,
the page for a wrong address (the extension for it wants to know the site's address) and the site
map (the extension for it reads the history of git). Addresses are relative unless the environment
variable SITE_URL says where the site will be; only then can there be a site map.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from lib.site.render import ROOT, TEMPLATES

DESCRIBES = re.compile(
    r'<meta (?:name="(?:description|robots|twitter:card)"|property="og:[^"]+") [^>]*>'
)
LICENSES = {
    "MIT": "https://opensource.org/license/mit",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}


def citation() -> dict:
    """What CITATION.cff says of the book and of the study."""
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def edition() -> str:
    """The version of the book, and where git knows them its commit and the date of that."""
    said = f"Version {citation()['version']}"
    # Not of another project in whose folder this one may lie.
    git = ["git", f"--git-dir={ROOT / '.git'}", f"--work-tree={ROOT}"]
    asked = [["describe", "--always", "--dirty"], ["log", "-1", "--format=%cs"]]
    try:
        commit, date = (
            subprocess.check_output([*git, *words], stderr=subprocess.DEVNULL, text=True).strip()
            for words in asked
        )
    except (OSError, subprocess.CalledProcessError):
        return said
    return f"{said}, commit {commit} of {date}"


def use_site_url(app, config) -> None:
    """Take the address of the site from the environment; a book about somebody's own patients asks
    not to be indexed.
    """
    people = [*citation()["authors"], *citation().get("contact", [])]
    if not any({"email", "website"} & set(person) for person in people):
        # Not by the logger, which keeps silent where the build is to show warnings alone.
        print("CITATION.cff has no address to write to, so the start page has none either.")
    url = os.environ.get("SITE_URL", config.html_baseurl or "")
    config.html_baseurl = url.rstrip("/") + "/" if url else ""
    config.ogp_site_url = config.html_baseurl
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


def finish(app) -> None:
    """Write what stands beside the pages: the front door, which describes itself as the start page
    does, the page for a wrong address, rules for robots, the site map.
    """
    site, base = Path(app.outdir), app.config.html_baseurl
    names = list(app.env.collect_relations())  # in reading order
    start = app.builder.get_target_uri(names[0])
    described = DESCRIBES.findall((site / start).read_text(encoding="utf-8"))
    values = {
        "title": app.config.html_title,
        "start": start,
        "described": "\n".join(described).replace('content="../', 'content="'),
        "pages": [
            (app.builder.get_target_uri(name), app.env.titles[name].astext()) for name in names
        ],
        "base": base,
        # From the root of the host, so that the links hold wherever the page is served.
        "root": urlsplit(base).path,
        "public": app.cohort.is_example,
        "edition": app.edition,
    }
    site_map = ["sitemap.xml"] if base and app.cohort.is_example else []
    for name in ["index.html", "404.html", "robots.txt", *site_map]:
        text = TEMPLATES.get_template(name).render(values)
        (site / name).write_text(text, encoding="utf-8")
