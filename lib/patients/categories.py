"""A factor of more than two levels as indicators, one binary column for each level; and groups by
their words.

The analyses know binary factors and numbers. The codebook's column `category` names the factor
that an indicator comes from. The first level's has the role `reference`, and that of another which
no patient has the role `empty`: they are described and never factors.
"""

import pandas as pd

from lib.patients.codebook import RESERVED_LEVELS, parts, read_codebook
from lib.patients.files import DATA


def expand(rows: pd.DataFrame, codebook: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and codebook with every category among the factors replaced by its indicators.

    The indicator of a level is named factor=level and labeled "factor: level"; it is 1 in the rows
    of this level, 0 in those of another and missing where the category is.
    """
    is_category = (codebook["role"] == "factor") & (codebook["type"] == "category")
    if not is_category.any():
        return rows, codebook
    indicators = {
        name: _indicators(rule, {*rows[name].dropna()})
        for name, rule in codebook[is_category].iterrows()
    }
    rules = [
        one
        for name, rule in codebook.iterrows()
        for one in indicators.get(name, {None: rule}).values()
    ]
    # What the codebook does not say of its own columns, it does not say of these.
    expanded = pd.DataFrame(rules, columns=[*codebook, "category"]).fillna("")
    new = {
        one.name: (rows[name] == level).astype(float).where(rows[name].notna())
        for name, by_level in indicators.items()
        for level, one in by_level.items()
    }
    rows = rows.drop(columns=list(indicators)).assign(**new)
    return rows[[name for name in expanded.index if name in rows]], expanded.rename_axis("name")


def name_groups(rows: pd.DataFrame, codebook: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and codebook in which groups bear the codebook's words; but those of the project's own
    codebook keep their short names, by which others know them."""
    is_group = codebook["role"] == "group"
    own = parts(read_codebook(DATA / "codebook.csv").at["diagnosis", "levels"])
    for name, rule in codebook[is_group].iterrows():
        levels, words = parts(rule["levels"]), parts(rule.get("level_labels", ""))
        if words and not RESERVED_LEVELS & {*words} and not {*own} & {*levels}:
            named = rows[name].cat.rename_categories(dict(zip(levels, words, strict=True)))
            rows = rows.assign(**{name: named})
            codebook = codebook.assign(levels=codebook["levels"].mask(is_group, "|".join(words)))
    return rows, codebook


def _indicators(rule: pd.Series, present: set[str]) -> dict[str, pd.Series]:
    """The codebook's lines of a category's indicators, by level; ``present`` are those that some
    patient has."""
    levels = parts(rule["levels"])
    # A category of one level or none does not vary, which is said of all its indicators.
    factors = present if len(present) > 1 else levels
    words = parts(rule.get("level_labels", "")) or levels
    words_zh = parts(rule.get("level_labels_zh", "")) or words
    new = {}
    for level, word, word_zh in zip(levels, words, words_zh, strict=True):
        about = {
            "role": "reference"
            if level == levels[0]
            else ("factor" if level in factors else "empty"),
            "label": f"{rule['label'] or rule.name}: {word}",
            "label_zh": f"{rule['label_zh']}：{word_zh}" if rule.get("label_zh") else "",
            "type": "binary",
            "unit": "",
            "levels": "0|1",
            "level_labels": "no|yes",
            "level_labels_zh": "否|是",
            "category": rule.name,
        }
        new[level] = pd.Series({**rule, **about}, name=f"{rule.name}={level}")
    return new
