"""Spreadsheets whose cells have formats and formulas, as flat XML, LibreOffice's own form."""

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Number:
    """A cell that holds a number, in one of FORMATS or in none."""

    value: str
    format: str = ""


@dataclass(frozen=True)
class Formula:
    """A cell that is calculated."""

    text: str


FORMATS = {
    "whole": '<number:number number:decimal-places="0" number:min-integer-digits="1"/>',
    "decimals": '<number:number number:decimal-places="2" number:min-integer-digits="1"/>',
    "grouped": '<number:number number:decimal-places="0" number:min-integer-digits="1" number:grouping="true"/>',
    "scientific": '<number:scientific-number number:decimal-places="2" number:min-integer-digits="1" '
    'number:min-exponent-digits="2"/>',
}
STYLE = """<number:number-style style:name="number-{name}">{format}</number:number-style>
<style:style style:name="{name}" style:family="table-cell" style:data-style-name="number-{name}"/>
"""
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>{styles}</office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="Job">
{rows}
</table:table></office:spreadsheet></office:body>
</office:document>
"""


def document(rows):
    """A spreadsheet with these cells: texts, Numbers and Formulas."""
    return DOCUMENT.format(
        styles="".join(STYLE.format(name=name, format=format) for name, format in FORMATS.items()),
        rows="\n".join("<table:table-row>" + "".join(map(_cell, row)) + "</table:table-row>" for row in rows),
    )


def _cell(value):
    if isinstance(value, Number):
        style = f' table:style-name="{value.format}"' if value.format else ""
        return f'<table:table-cell{style} office:value-type="float" office:value="{value.value}"/>'
    if isinstance(value, Formula):
        return f"<table:table-cell table:formula={quoteattr('of:' + value.text)}/>"
    # As in HTML, blanks at the ends and after others do not count.
    lines = (re.sub("^ | $|(?<= ) ", "<text:s/>", escape(line)) for line in value.split("\n"))
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in lines)
    return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'
