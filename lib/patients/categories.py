"""A factor of more than two levels as indicators: one binary column for each level but the
reference.

The analyses know binary factors and numbers. The codebook's column `category` names the factor
that an indicator comes from.
"""

from __future__ import annotations

import pandas as pd


def expand(rows: pd.DataFrame, codebook: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and codebook with every category among the factors replaced by its indicators.

    The indicator of a level is named factor=level and labeled "factor: level"; it is 1 in the rows
    of this level, 0 in those of another and missing where the category is.
    """
    categories = (codebook["role"] == "factor") & (codebook["type"] == "category")
    if not categories.any():
        return rows, codebook
    columns, rules = {}, []
    for name, rule in codebook.iterrows():
        if not categories[name]:
            rules.append(rule)
            if name in rows:
                columns[name] = rows[name]
            continue
        levels = rule["levels"].split("|")
        words = _words(rule, "level_labels", levels) or levels
        words_zh = _words(rule, "level_labels_zh", levels) or words
        for level, word, word_zh in list(zip(levels, words, words_zh, strict=True))[1:]:
            new = rule.copy()
            new.name = f"{name}={level}"
            new["type"], new["levels"], new["unit"] = "binary", "0|1", ""
            new["label"] = f"{rule['label'] or name}: {word}"
            new["category"] = name
            for column in ("level_labels", "level_labels_zh"):
                if column in new:
                    new[column] = "no|yes" if column == "level_labels" else "否|是"
            if rule.get("label_zh"):
                new["label_zh"] = f"{rule['label_zh']}：{word_zh}"
            rules.append(new)
            if name in rows:
                columns[new.name] = (rows[name] == level).astype(float).where(rows[name].notna())
    expanded = pd.DataFrame(rules).rename_axis(codebook.index.name).fillna("")
    return pd.DataFrame(columns, index=rows.index), expanded


def _words(rule: pd.Series, column: str, levels: list[str]) -> list[str] | None:
    words = rule.get(column, "").split("|")
    return words if len(words) == len(levels) else None


def collapse(
    rows: pd.DataFrame, codebook: pd.DataFrame, original: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What `expand` was given: `original` is the codebook before it. Columns taken out since stay
    out.
    """
    columns, kept = {}, []
    for name, rule in original.iterrows():
        if name in codebook.index:
            kept.append(name)
            if name in rows:
                columns[name] = rows[name]
        elif rule["role"] == "factor" and rule["type"] == "category":
            levels = rule["levels"].split("|")
            indicators = [f"{name}={level}" for level in levels[1:]]
            if not set(indicators) <= set(codebook.index):
                continue
            kept.append(name)
            codes = (
                sum((i + 1) * rows[one] for i, one in enumerate(indicators)).fillna(-1).astype(int)
            )
            columns[name] = pd.Series(pd.Categorical.from_codes(codes, levels), rows.index)
    return pd.DataFrame(columns, index=rows.index), original.loc[kept]
