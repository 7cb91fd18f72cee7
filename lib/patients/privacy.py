"""Columns that look like direct identifiers, which have no place in a file that a book is made
from.

A column is suspected by the words of its header or by its values. The values themselves are never
repeated in a message.
"""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lib.patients.codebook import usual
from lib.patients.errors import quoted

SAMPLE = 5_000
FEW_LEVELS = 20  # fewer distinct values than these may be misspelled levels of a category

# By whole words of the header, in the order of suspicion; Chinese words by their occurrence.
HEADERS = {
    "names of persons": (
        r"(patient|first|last|family|given|middle|full|maiden|doctor|physician|surgeon|operator)"
        r"s? ?names?|names?|surnames?|forenames?|initials|vorname|nachname",
        "姓名|名字|患者名|医生|医师|术者",
    ),
    "telephone numbers": (
        r"(tele)?phones?( ?(no|number))?|tel|mobiles?( ?(phone|no|number))?|cell ?phone|fax"
        r"|contact number",
        "电话|手机|联系方式",
    ),
    "e-mail addresses": (r"e ?mails?( ?address(es)?)?", "邮箱|电子邮件"),
    "national identifiers": (
        r"ssn|(social security|national ?id|passport|id ?card)( ?(no|number))?"
        r"|identity ?(no|number)|insurance ?(no|number|id)|nhs ?(no|number)?",
        "身份证|证件|护照|医保号|社保号|医保卡",
    ),
    "medical record numbers": (
        r"mrn|(medical|hospital|patient|case|chart|inpatient|outpatient|admission|record)"
        r" ?(record ?)?(no|number)s?|record ?id",
        "住院号|病案号|病历号|门诊号|就诊号|登记号|床号|病案编号",
    ),
    "dates of birth or admission": (
        r"dob|birth ?dates?|date ?of ?birth|birthday"
        r"|(admission|discharge|operation|surgery|procedure|implantation|visit|death) ?dates?"
        r"|date ?of ?(admission|discharge|operation|surgery|procedure|implantation|visit|death)"
        r"|admitted ?(on|at)",
        "出生日期|生日|出生年月|(入院|出院|住院|手术|就诊|死亡|随访)(日期|时间)",
    ),
    "addresses": (
        r"(home |street |postal )?address(es)?|street|zip( ?code)?|post ?code|postal code",
        "地址|住址|邮编",
    ),
}
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
CHECK_DIGITS = "10X98765432"
YEAR, MONTH, DAY = r"(18|19|20)\d{2}", r"(0?[1-9]|1[0-2])", r"(0?[1-9]|[12]\d|3[01])"
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
    "余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹"
    "孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
# What values look like.
VALUES = {
    "e-mail": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}",
    "resident": r"^[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]$",
    # A number of the social security of the United States, and the Chinese ones before 1999.
    "national": (r"^\d{3}-\d{2}-\d{4}$|^[1-9]\d{7}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}$"),
    "telephone": (
        r"^(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$|^\+\d[\d ()/-]{6,18}\d$"
        r"|^\(?0\d{2,4}\)?[-/ ]\d{6,8}$|^\(\d{3}\) ?\d{3}[- ]\d{4}$|^\d{3}[-.]\d{3}[-.]\d{4}$"
    ),
    "long digits": r"^[A-Za-z]{0,3}\d{7,}$",
    "date": (
        rf"^({YEAR}[-/.]{MONTH}[-/.]{DAY}|{YEAR}年{MONTH}月{DAY}日?"
        rf"|{DAY}[-/.]{MONTH}[-/.]{YEAR}|{MONTH}[-/.]{DAY}[-/.]{YEAR}"
        rf"|{DAY}[-. /](?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[-. /]{YEAR}"
        r"|(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))([ T]\d{1,2}:\d{2}.*)?$"
    ),
    "Chinese name": rf"^[{SURNAMES}][一-鿿]{{1,2}}$",
    "Western name": r"^\p{Lu}[\p{Ll}'’-]+(,? \p{Lu}[\p{L}'’.-]*){1,3}$",
    "eight digits": r"^\d{8}$",
    "Chinese text": r"[一-鿿].{11,}",
}

MENDS = {
    "free text": "Texts of one's own words cannot be checked for names; delete the column",
    "dates": "Write the days or months from one date to the other instead, and delete the column",
    "renumber": "Replace it by running numbers without a meaning, and keep the list that links "
    "them to yourself",
    "": "Delete the column",  # which is said of every other kind
}


def refusal(header: str, why: str, role: str = "") -> str:
    """The problem in words, with its mend."""
    kind = "renumber" if role == "id" else why
    return (
        f"column {quoted(header)} {why}. A book can be passed on, so such a column must not be in "
        f"its file. {next(mend for of, mend in MENDS.items() if of in kind)}."
    )


def suspicion(column: pd.Series, role: str = "", kind: str = "") -> str | None:
    """Why a column looks like a direct identifier, or None; ``role`` and ``kind`` (its type) are
    those of the codebook, if it has the column. The column is one of `table`: a category of texts
    that bears its header.

    A column of the codebook is not suspected by its header, except that the header of an identifier
    may say that it is one of a hospital or a state.
    """
    filled = pa.array(filter(None, column.cat.categories), pa.string())
    if not len(filled):
        return None
    said = _kind_of_header(column.name) if role in ("", "id") else None
    if said and not (said == "medical record numbers" and _harmless_ids(filled)):
        return f"has a header that stands for {said}"
    return _by_values(filled, len(column), role, kind)


def _kind_of_header(header: str) -> str | None:
    header = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", usual(header))
    words = re.sub(r"[\W_]+", " ", header).strip().casefold()
    return next(
        (
            kind
            for kind, (latin, chinese) in HEADERS.items()
            if re.fullmatch(latin, words) or re.search(chinese, header)
        ),
        None,
    )


def _harmless_ids(values: pa.StringArray) -> bool:
    """Whether identifiers are no more than running numbers, perhaps after some letters."""
    parts = pc.extract_regex(values, r"^[A-Za-z_ -]*(?P<digits>\d{1,15})$")
    if parts.null_count:
        return False
    digits = pc.struct_field(parts, "digits").cast(pa.int64()).to_numpy()
    return int(digits.max() - digits.min()) < 20 * len(digits) + 100


def _share(values: pa.StringArray, kind: str) -> float:
    matching = pc.match_substring_regex(values, VALUES[kind]).cast(pa.float64())
    return pc.mean(matching).as_py() or 0


def _by_values(values: pa.StringArray, rows: int, role: str, kind: str) -> str | None:
    sample = values.take(pa.array(np.unique(np.linspace(0, len(values) - 1, SAMPLE).astype(int))))
    suspected = {
        "e-mail addresses": _share(values, "e-mail") > 0,
        "what looks like national identifiers": resident_ids(values).any()
        or (kind != "number" and _share(sample, "national") > 0.5),
    }
    if kind == "number":
        # Of numbers in a hospital's units, only what can be nothing else is suspected.
        written = sample.filter(pc.match_substring_regex(sample, r"[-/.:年 ]"))
        suspected["full dates"] = _share(written, "date") > 0.5
    elif kind != "binary" and (kind != "category" or len(values) >= FEW_LEVELS):
        distinct, running = len(values) / rows, _harmless_ids(values)
        words = pc.mean(pc.count_substring_regex(sample, r"[\p{L}\p{N}]+")).as_py()
        sentences = words >= 4 and pc.mean(pc.utf8_length(sample)).as_py() > 15
        suspected |= {
            "full dates": _share(sample, "date") > 0.2
            and not (role == "id" and running and _share(sample, "eight digits") > 0.5),
            "what looks like telephone numbers": _share(sample, "telephone") > 0.2
            and not (role == "id" and running),
            "long numbers, such as a hospital or a state gives to a person": not running
            and _share(sample, "long digits") > 0.5,
            "what looks like names of persons": distinct > 0.2
            and (_share(sample, "Chinese name") > 0.5 or _share(sample, "Western name") > 0.5),
            "free text": distinct > 0.05
            and len(values) > 1
            and (sentences or _share(sample, "Chinese text") > 0.3),
        }
    return next((f"holds {what}" for what, is_so in suspected.items() if is_so), None)


def resident_ids(values: pa.StringArray) -> np.ndarray:
    """Which values are Chinese resident identity numbers: 17 digits with a possible date of birth,
    and the check digit that belongs to them (GB 11643-1999)."""
    found = values.filter(pc.match_substring_regex(values, VALUES["resident"])).to_pylist()
    check = [CHECK_DIGITS[np.dot(WEIGHTS, [*map(int, number[:17])]) % 11] for number in found]
    return np.array([number[17].upper() for number in found]) == np.array(check)
