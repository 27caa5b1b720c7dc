"""The official SDKs, and the API's own description, as judges of convo-sandbox.

Makes a virtual environment for each under .build-sdk/ (from PyPI, by name), starts the sandbox that is given (or
built), runs exercise.py with each SDK and openapi.py once. A line for each; exits non-zero where one fails.

Usage: python3 Tests/sdk/run.py [PATH_OF_CONVO_SANDBOX]
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True

from environments import ENVIRONMENTS, TIMEOUT_SECONDS, environment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VERSIONS = ["1.9.3", "1.12.4", "2.5.2", "3.7.0"]
JUDGE = ["jsonschema==4.26.0", "openapi-schema-validator==0.9.0", "PyYAML==6.0.3"]


def sandbox_path():
    if len(sys.argv) > 1:
        return sys.argv[1]
    build = ["swift", "build", "--package-path", str(ROOT), "--product", "convo-sandbox"]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    shown = subprocess.run([*build, "--show-bin-path"], check=True, capture_output=True, text=True)
    return str(Path(shown.stdout.strip()) / "convo-sandbox")


def run(python, script, base_url):
    command = [str(python), str(HERE / script), base_url]
    # The machine's proxy settings must not lead the SDK to another server.
    clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return subprocess.run(command, env=clean, timeout=TIMEOUT_SECONDS).returncode == 0


def main():
    wanted = [(f"mistralai-{version}", [f"mistralai=={version}"], "exercise.py") for version in VERSIONS]
    wanted.append(("openapi", JUDGE, "openapi.py"))
    print(f"installing into {ENVIRONMENTS} what is missing of: " + ", ".join(" ".join(each[1]) for each in wanted))
    with ThreadPoolExecutor(max_workers=2) as pool:
        pythons = list(pool.map(lambda each: environment(each[0], each[1]), wanted))
    sandbox = subprocess.Popen([sandbox_path()], stdout=subprocess.PIPE, text=True)
    try:
        base_url = sandbox.stdout.readline().strip().removeprefix("listening on ")
        passed = [run(python, each[2], base_url) for python, each in zip(pythons, wanted)]
    finally:
        sandbox.terminate()
        sandbox.wait(timeout=10)
    sys.exit(0 if all(passed) else 1)


main()
