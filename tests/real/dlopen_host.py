"""Opens each object named in a file with RTLD_NOW in a process of its own, and tells how that ended.

Run by the Python of a foreign root, so whatever the release. A line of JSON for each object, as
loaders.py keeps it.
"""

import ctypes
import json
import os
import signal
import sys

RTLD_NOW = 2
SECONDS = 20


def open_in_child(path):
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        signal.alarm(SECONDS)
        try:
            ctypes.CDLL(path, mode=RTLD_NOW)
        except OSError as error:
            os.write(tell, str(error).encode("utf-8", "surrogateescape"))
            os._exit(1)
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as file:
        error = file.read().decode("utf-8", "surrogateescape")
    ended = os.waitpid(pid, 0)[1]
    killer = os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else None
    return {"status": os.WEXITSTATUS(ended) if killer is None else None, "error": error,
            "signal": None if killer == signal.SIGALRM else killer, "timeout": killer == signal.SIGALRM}


with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as file:
    for line in file.read().splitlines():
        print(json.dumps({"path": line, **open_in_child(line)}), flush=True)
