"""The README's steps without `make`, run as written without what only POSIX systems have."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from books import ROOT

from lib.site import code, notebooks

# Python runs this wherever it starts: as on Windows there is no fcntl, no fork, no symbolic link.
# Only venv itself makes one, on systems like this one alone.
WITHOUT_POSIX = """\
import os
import sys

sys.modules["fcntl"] = None
del os.fork
if "venv" not in sys.orig_argv:
    del os.symlink
"""
LONGEST_STEP_SECONDS = 3600


def steps() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(r"```text\n(.*?)```", readme.partition("**Without `make`**")[2], re.DOTALL)[
        1
    ].splitlines()


@pytest.mark.scheduled
def test_the_steps_of_the_readme_run_as_written(tmp_path):
    chapters = [f"chapters/{path.stem}" for path in notebooks.CHAPTERS.glob("*.md")]
    code.write_archive(tmp_path / code.ARCHIVE, chapters)
    shutil.unpack_archive(tmp_path / code.ARCHIVE, tmp_path)
    project = tmp_path / code.ARCHIVE.removesuffix(".zip")
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text(WITHOUT_POSIX, encoding="utf-8")
    here = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    environment = here | {
        "PYTHONPATH": str(tmp_path / "hidden"),
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
        # Of all tests some that end soon, in this process.
        "PYTEST_ADDOPTS": "-k 'wald or typed'",
    }
    for step in steps():
        done = subprocess.run(
            step,
            shell=True,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_STEP_SECONDS,
        )
        assert done.returncode == 0, f"{step}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    assert (project / "_build" / "html" / "chapters" / "index.html").is_file()
