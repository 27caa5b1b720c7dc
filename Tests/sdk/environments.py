"""Virtual environments with packages from PyPI, under .build-sdk/."""

import fcntl
import subprocess
import venv
from pathlib import Path

ENVIRONMENTS = Path(__file__).resolve().parent.parent.parent / ".build-sdk"
TIMEOUT_SECONDS = 300


def environment(name, packages):
    """The interpreter of a virtual environment that holds the packages; a finished one is used again."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    finished = folder / "finished"
    ENVIRONMENTS.mkdir(exist_ok=True)
    # Cases that run beside each other ask for the same one: the first makes it, and the others wait.
    with open(ENVIRONMENTS / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists() or finished.read_text().split() != packages:
            venv.create(folder, with_pip=True, clear=True)
            install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
            subprocess.run(install, check=True, timeout=TIMEOUT_SECONDS)
            finished.write_text("\n".join(packages))
    return python
