"""The ledger of an abstract of 50,000 patients, in two groups and with two markers, against that
of our own abstract.
"""

import tempfile
from pathlib import Path

from lib.paper import ledger, published
from tests.benchmarks.timing import timed

NAME = "ledger of an abstract of 50,000 patients / of our own"
TARGET = 12.0
CLAIMS = """id,printed,basis
methods.all.patients,50000,
methods.A.patients,20000,partition
methods.B.patients,30000,
patency.A.primary_patency,91.2%,rate:free|events:roc|of:A
patency.B.primary_patency,85.4%,rate:free|events:roc|of:B
patency.all.primary_patency,87.7%,rate:free|events:roc|of:all
roc.m.sensitivity,62.0%,binary|of:all|events:roc
roc.m.specificity,71.0%,of:all|events:roc
roc.m.auc,0.740,binary
roc.k.sensitivity,55%,binary|of:all|events:roc
roc.k.specificity,61%,of:all|events:roc
roc.k.auc,0.58,binary
"""


def ratio() -> float:
    """Seconds of one over those of the other."""
    ledger.account(published.read_any(published.PATH))  # what is compiled and kept at first use
    _, own = timed(lambda: ledger.account(published.read_any(published.PATH)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "claims.csv")
        path.write_text(CLAIMS, encoding="utf-8")
        of_many, many = timed(lambda: ledger.account(published.read_any(path)))
    assert of_many.findings, "the area of one marker is wrong"
    print(f"({many:.1f} s for 50,000 patients)")
    return many / own
