"""The cells of a workbook, read by a process of its own.

A damaged workbook, or one stray cell in its last row and column, can ask for more memory than there
is, which ends the process that reads it. So that is not the one that makes the book.
"""

import io
import pickle
import subprocess
import sys


def read_sheets(content: bytes) -> dict[str, list[list[object]]]:
    """The rows of each sheet by its title. Raises ``ValueError`` where it cannot be read."""
    command = [sys.executable, "-I", __file__]  # isolated, so that nothing here hides a package
    done = subprocess.run(command, input=content, capture_output=True)
    if done.returncode:
        raise ValueError("damaged")
    return pickle.loads(done.stdout)


def _main() -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    sheets = {
        title: book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        for title in book.sheet_names
    }
    pickle.dump(sheets, sys.stdout.buffer)


if __name__ == "__main__":
    _main()
