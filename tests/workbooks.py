"""Files as other programs save them. Workbooks are made by hand, so that reading them is tested
without a package that writes them.
"""

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import pyreadstat

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OF_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OPEN = "urn:oasis:names:tc:opendocument:xmlns"
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def saved(rows: pd.DataFrame, path: Path, labels: dict | None = None, words: dict | None = None):
    """The bytes that another program writes for these rows under such a name, with labels of the
    columns and words for their codes where it keeps them."""
    if path.suffix in (".sav", ".zsav"):
        about = {"column_labels": labels, "variable_value_labels": words}
        pyreadstat.write_sav(rows, path, compress=path.suffix == ".zsav", **about)
    elif path.suffix == ".dta":
        about = {"variable_labels": labels, "value_labels": words}
        rows.to_stata(path, write_index=False, version=118, **about)
    else:
        rows.to_parquet(path)
    return path.read_bytes()


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def column_letter(place: int) -> str:
    return chr(65 + place) if place < 26 else column_letter(place // 26 - 1) + chr(65 + place % 26)


def xlsx(
    sheets: dict[str, list[list]],
    stray: str | None = None,
    merged: str = "",
    texts: tuple[str, ...] = (),
    about: str = "",
) -> bytes:
    """An Excel workbook: numbers, booleans and texts; an empty text is an empty cell, and a pair
    the type of a cell and what is written in it. ``stray`` is where one more cell stands, and
    ``texts`` are those that the sheets share. ``about`` is what else the workbook says.
    """

    def cell(value: object, row: int, place: int) -> str:
        where = f'r="{column_letter(place)}{row}"'
        if isinstance(value, tuple):
            return f'<c {where} t="{value[0]}">{value[1]}</c>'
        if isinstance(value, bool):
            return f'<c {where} t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float):
            return f"<c {where}><v>{value!r}</v></c>"
        return f'<c {where} t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""

    names = list(sheets)
    files = {
        "[Content_Types].xml": HEAD
        + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" '
        f'Type="{OF_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{SHEET}" xmlns:r="{OF_DOCUMENT}"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{i}" r:id="r{i}"/>'
            for i, name in enumerate(names, 1)
        )
        + f"</sheets>{about}</workbook>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{RELATIONS}">'
        + "".join(
            f'<Relationship Id="r{i}" Type="{OF_DOCUMENT}/worksheet" '
            f'Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        + "</Relationships>",
    }
    for i, rows in enumerate(sheets.values(), 1):
        body = "".join(
            f'<row r="{row}">' + "".join(cell(v, row, j) for j, v in enumerate(values)) + "</row>"
            for row, values in enumerate(rows, 1)
        )
        body += f'<row><c r="{stray}"><v>1</v></c></row>' if stray else ""
        cells = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        files[f"xl/worksheets/sheet{i}.xml"] = (
            f'{HEAD}<worksheet xmlns="{SHEET}"><sheetData>{body}</sheetData>{cells}</worksheet>'
        )
    if texts:
        shared = "".join(f"<si>{text}</si>" for text in texts)
        files["xl/sharedStrings.xml"] = f'{HEAD}<sst xmlns="{SHEET}">{shared}</sst>'
    return zipped(files)


def ods(sheets: dict[str, list[list]]) -> bytes:
    """An OpenDocument spreadsheet of the same; a pair has the attributes of a cell and what is
    written in it, or None for a cell that is merged with one before. The styles 1 and 2 are those
    of raised and of lowered figures.
    """

    def cell(value: object) -> str:
        if isinstance(value, tuple):
            about, content = value
            if about is None:
                return "<table:covered-table-cell/>"
            return f"<table:table-cell {about}>{content}</table:table-cell>"
        if isinstance(value, bool):
            kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
        elif isinstance(value, int | float):
            kind = f'office:value-type="float" office:value="{value!r}"'
        elif not value:
            return "<table:table-cell/>"
        else:
            kind = 'office:value-type="string"'
        text = escape(str(value))
        return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"

    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(
            "<table:table-row>" + "".join(map(cell, values)) + "</table:table-row>"
            for values in rows
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    names = ("office", "style", "table", "text")
    kinds = "".join(f' xmlns:{name}="{OPEN}:{name}:1.0"' for name in names)
    styles = "".join(
        f'<style:style style:name="{name}" style:family="text"><style:text-properties '
        f'style:text-position="{place}"/></style:style>'
        for name, place in (("1", "super 58%"), ("2", "-33% 58%"), ("3", "0% 100%"))
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'{HEAD}<manifest:manifest xmlns:manifest="{OPEN}:manifest'
            ':1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/'
            'vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
            "content.xml": f'{HEAD}<office:document-content{kinds} xmlns:calcext="{CALC}">'
            f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>"
            f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        }
    )
