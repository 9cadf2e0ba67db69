"""Cells of every CSV that the product writes: none of them is a formula to a spreadsheet.

Text that a spreadsheet could run gets one apostrophe in front; `restore_cell` takes it off again
and leaves all other cells as they are, so that what was written can be read back as it was.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

# Quotes and blanks that a spreadsheet may skip, then what starts a formula.
_SKIPPED = r"""['"`\s\x{0b}\x{a0}\x{feff}\x{200b}]"""
_STARTS = r"[=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
FORMULA_RE2 = rf"^{_SKIPPED}*{_STARTS}"
_FORMULA = re.compile(
    re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), FORMULA_RE2), re.A
)
CSV_RULE = (
    "text cells that a spreadsheet could run as a formula carry one leading apostrophe: "
    f"where the rest of a cell matches {FORMULA_RE2} remove one leading apostrophe"
)


def guard_cell(text: str) -> str:
    """The text as it goes into a CSV cell."""
    return f"'{text}" if _FORMULA.match(text) else text


def restore_cell(cell: str) -> str:
    """The text that `guard_cell` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def guarded_column(text: pa.Array) -> pa.Array:
    """`guard_cell` of every text of a column; nulls stay."""
    marked = pc.binary_join_element_wise("'", text, "")
    return pc.if_else(pc.match_substring_regex(text, FORMULA_RE2), marked, text)


def guarded_table(table: pa.Table) -> pa.Table:
    """A table whose text columns, and names, are guarded; numbers stay numbers."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        columns[guard_cell(name)] = guarded_column(column.cast(pa.string())) if text else column
    return pa.table(columns)
