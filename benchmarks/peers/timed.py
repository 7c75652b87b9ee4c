"""Run a command where it is at home and say what it took: ``timed.py [NAME=VALUE …] -- COMMAND …``.

Started by `launch.timed`, if need be through a prefix that enters a container, whose own start is
therefore not counted. ``{python}`` in the command is the Python that runs this. Prints one JSON
object.
"""

import json
import os
import resource
import subprocess
import sys
import time


def main():
    cut = sys.argv.index("--")
    environment = os.environ | dict(word.split("=", 1) for word in sys.argv[1:cut])
    command = [sys.executable if word == "{python}" else word for word in sys.argv[cut + 1 :]]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    wall = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = {
        "wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_MB": used.ru_maxrss / 1024,
        "status": done.returncode, "stdout": done.stdout, "stderr": done.stderr[-2000:],
    }  # fmt: skip
    print(json.dumps(answer))


main()
