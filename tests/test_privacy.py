"""Columns that look like direct identifiers stop the build, and no value of theirs is repeated."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers import load_from, refusal
from hypothesis import given
from hypothesis import strategies as st

from lib.patients import loading, privacy
from lib.patients.table import text_column
from tests.benchmarks import registry

RANDOM = np.random.default_rng(1)
SURNAMES, GIVEN = "王李张刘陈", "伟芳娜敏静强磊军洋勇"


def column(header: str, values: list) -> pd.Series:
    return pd.Series(text_column([*map(str, values)]), name=header)


def resident_id(region: str = "110101", birth: str = "19700101", order: str = "001") -> str:
    body = region + birth + order
    # GB 11643-1999: the remainder of the weighted sum, weights being powers of two modulo 11.
    total = sum(int(digit) * (2 ** (17 - i) % 11) for i, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def numbered(form, count: int = 40) -> list[str]:
    return [form(i) for i in range(count)]


IDENTIFIERS = {
    "Chinese names": numbered(lambda i: SURNAMES[i % 5] + GIVEN[i % 10] + GIVEN[(i // 3) % 10]),
    "Western names": numbered(lambda i: f"Ann{chr(97 + i % 26)} Smith{chr(97 + i // 26)}"),
    "names with a comma": numbered(lambda i: f"Müller{chr(97 + i % 26)}, Jörg{chr(97 + i // 26)}"),
    "mobile numbers": [f"13{RANDOM.integers(10**9):09d}" for _ in range(40)],
    "international numbers": [f"+49 30 {RANDOM.integers(10**7):07d}" for _ in range(40)],
    "American numbers": [f"({i + 201}) 555-{i:04d}" for i in range(40)],
    "resident identity numbers": [resident_id(order=f"{i:03d}") for i in range(40)],
    "social security numbers": [f"{i + 100}-{i + 10}-{i + 1000}" for i in range(40)],
    "record numbers": [f"{RANDOM.integers(10**7, 10**8)}" for _ in range(40)],
    "record numbers with letters": [f"ZY{RANDOM.integers(10**8, 10**9)}" for _ in range(40)],
    "e-mail addresses": numbered(lambda i: f"p{i}@example.org"),
    "dates": numbered(lambda i: f"19{i + 40}-{i % 12 + 1:02d}-{i % 28 + 1:02d}"),
    "German dates": numbered(lambda i: f"{i % 28 + 1}.{i % 12 + 1}.19{i + 40}"),
    "American dates": numbered(lambda i: f"{i % 12 + 1}/{i % 28 + 1}/19{i + 40}"),
    "Chinese dates": numbered(lambda i: f"19{i + 40}年{i % 12 + 1}月{i % 28 + 1}日"),
    "dates with times": numbered(
        lambda i: f"20{i % 20:02d}-{i % 12 + 1:02d}-{i % 28 + 1:02d} 08:00:00"
    ),
    "free text": numbered(lambda i: f"Patient {i} came back after two weeks with a swollen leg"),
    "Chinese free text": numbered(lambda i: f"患者第{i}次复诊时左下肢肿胀明显，建议抗凝治疗"),
}
HARMLESS = {
    "running numbers": range(1, 500),
    "running numbers with a prefix": [f"example-{i:03d}" for i in range(1, 184)],
    "numbers of a register, running": [f"{2019000000 + i}" for i in range(300)],
    "random hexadecimal codes": [RANDOM.bytes(8).hex() for _ in range(100)],
    "lengths": RANDOM.integers(40, 200, 300),
    "months": RANDOM.uniform(0, 60, 300).round(1),
    "precise measurements": RANDOM.normal(size=300),
    "years": RANDOM.integers(1990, 2024, 300),
    "large numbers": RANDOM.integers(10**5, 10**6, 300),
    "words": RANDOM.choice(["Wallstent", "Venovo", "Zilver Vena"], 300),
    "Chinese words": RANDOM.choice(["左侧", "右侧", "双侧"], 300),
    "stent sizes": RANDOM.choice(["14x90", "16x120"], 300),
}

IDENTIFYING = (
    "Name|patient_name|PatientName|First name|surname|Phone|mobile no|e-mail|SSN|MRN|DOB"
    "|date of birth|BirthDate|Admission date|medical record number|Hospital No.|address|zip code"
)
IDENTIFYING_ZH = "姓名|患者姓名|电话|手机号码|身份证号|住院号|病案号|病历号"
IDENTIFYING_ZH += "|出生日期|入院日期|手术日期|家庭住址|邮箱"
OTHER_HEADERS = (
    "stent_name|hospital|diagnosis|age|date_known|update|telemetry|ideal|months|remark|operation|admissions|side"
    "|年龄|性别|诊断|住院天数|支架名称"
)


@pytest.mark.parametrize("kind", IDENTIFIERS)
def test_identifiers_are_known_by_their_values(kind):
    why = privacy.suspicion(column("x", IDENTIFIERS[kind]))
    assert why
    message = privacy.refusal("x", why)
    assert "column “x”" in message and not any(value in message for value in IDENTIFIERS[kind])


@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_columns_are_not_suspected(kind):
    assert privacy.suspicion(column("x", HARMLESS[kind])) is None


@pytest.mark.parametrize("header", [*IDENTIFYING.split("|"), *IDENTIFYING_ZH.split("|")])
def test_identifiers_are_known_by_their_header(header):
    assert "header" in privacy.suspicion(column(header, ["a", "b", "a"]))
    assert privacy.suspicion(column(header, ["", ""])) is None


@pytest.mark.parametrize("header", OTHER_HEADERS.split("|"))
def test_other_headers_are_not_suspected(header):
    assert privacy.suspicion(column(header, ["a", "b", "a"])) is None


def test_the_check_digit_tells_a_resident_number_from_any_number():
    assert resident_id("110105", "19491231", "002")[-1] == "X"  # the example in the standard itself
    good = [resident_id(order=f"{i:03d}") for i in range(100)]
    wrong = [
        number[:-1] + "10X98765432"[("10X98765432".index(number[-1]) + 1) % 11] for number in good
    ]
    assert privacy.resident_ids(pa.array(good)).all()
    assert not privacy.resident_ids(pa.array(wrong)).any()


@given(st.integers(0, 17), st.integers(1, 9), st.integers(0, 999))
def test_a_single_resident_number_is_found_among_many_others(place, shift, order):
    number = resident_id(order=f"{order:03d}")
    digit = number[place]
    values = [str(i) for i in range(30)] + [number]
    assert "national" in privacy.suspicion(column("x", values))
    if digit.isdigit() and place < 17:
        changed = number[:place] + str((int(digit) + shift) % 10) + number[place + 1 :]
        assert not privacy.resident_ids(pa.array([changed])).any()


@pytest.mark.parametrize(
    ("codebook", "values", "suspected"),
    [
        ({"role": "id", "type": "text"}, IDENTIFIERS["mobile numbers"], True),
        ({"role": "id", "type": "text"}, IDENTIFIERS["record numbers"], True),
        ({"role": "id", "type": "text"}, IDENTIFIERS["Chinese names"], True),
        ({"role": "id", "type": "text"}, HARMLESS["running numbers with a prefix"], False),
        ({"role": "id", "type": "text"}, [f"{20240100 + i}" for i in range(300)], False),
        ({"role": "factor", "type": "number"}, RANDOM.integers(10**9, 10**10, 50), False),
        ({"role": "factor", "type": "number"}, IDENTIFIERS["resident identity numbers"], True),
        ({"role": "time", "type": "number"}, IDENTIFIERS["dates"], True),
        ({"role": "time", "type": "number"}, HARMLESS["months"], False),
        ({"role": "group", "type": "category"}, IDENTIFIERS["Western names"], True),
        ({"role": "group", "type": "category"}, ["Deep Vein", "Iliac Vein", "Other Vein"], False),
        ({"role": "factor", "type": "binary"}, ["1", "0", "Yes"], False),
    ],
)
def test_columns_of_the_codebook(codebook, values, suspected):
    assert bool(privacy.suspicion(column("x", values), *codebook.values())) is suspected


def test_a_column_of_two_roles_is_suspected_for_either_of_them(tmp_path):
    numbers = IDENTIFIERS["record numbers"]
    rows = pd.DataFrame({"site": [*"ab"] * 20, "x": numbers, "leak": [0, 0, 1, 1] * 10})
    content = rows.to_csv(index=False)
    codebook = """name,label,role,type,unit,levels
site,Site,group,category,,a|b
{}x,X,factor,number,,
leak,Leak,outcome,binary,,0|1
""".format
    assert load_from(tmp_path, content, codebook("")).factors == ["x"]
    message = refusal(load_from, tmp_path, content, codebook("x,X,id,text,,\n"))
    assert "column “x” holds long numbers" in message and "Replace it by running" in message


def test_no_column_of_the_project_is_suspected(tmp_path):
    registry.write(tmp_path / "registry.csv", 2_000)
    assert loading.load(tmp_path / "registry.csv").rows.shape == (2_000, 11)
    assert len(loading.load(loading.EXAMPLE).rows)


def test_all_columns_that_must_go_are_named_at_once(tmp_path):
    rows = pd.read_csv(loading.EXAMPLE, comment="#").head(40).assign(side="left")
    kinds = {"姓名": "Chinese names", "phone": "mobile numbers", "notes": "free text"}
    rows = rows.assign(**{name: IDENTIFIERS[kind] for name, kind in kinds.items()})
    rows.to_csv(tmp_path / "rows.csv", index=False)
    message = refusal(loading.load, tmp_path / "rows.csv")
    for words in (
        "column “姓名” has a header",
        "column “phone”",
        "column “notes” holds free text",
        "Delete the column",
    ):
        assert words in message
    assert "side" not in message and not any(
        value in message for value in IDENTIFIERS["mobile numbers"]
    )
