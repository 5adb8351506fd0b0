"""Imports each extension module named in a file, in a process of its own, and tells how that ended.

Run by the Python of a root. A line of JSON for each: `found`, whether the module's name leads the
importer of its folder to this very file (or which other); `loaded`, what dlopen said of the file with
RTLD_NOW; `opened`, what became of it when it was opened as an extension module; `imported`, of import
by its whole name where its folder is on sys.path, else by its last part from its folder.
"""

import ctypes
import importlib
import importlib.machinery
import json
import os
import signal
import sys
import _imp

SECONDS = 20
EXTENSION = importlib.machinery.ExtensionFileLoader


def in_child(job, *words):
    """The words of the exception that `job` ended with, None for none; or the signal that killed it."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        signal.alarm(SECONDS)
        try:
            job(*words)
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
            os.write(tell, text.encode("utf-8", "surrogateescape")[:60000])
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as file:
        error = file.read().decode("utf-8", "surrogateescape")
    ended = os.waitpid(pid, 0)[1]
    killer = os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else None
    return {"error": error or None, "signal": killer}


def open_module(name, path):
    _imp.create_dynamic(importlib.machinery.ModuleSpec(name, EXTENSION(name, path), origin=path))


def load(path):
    ctypes.CDLL(path, mode=os.RTLD_NOW)


def import_module(name, folder):
    if folder is not None:
        sys.path.insert(0, folder)
    importlib.import_module(name)


def whole_name(folder, name):
    """Its name from the folder of sys.path that it lies in, and no folder; else as it is."""
    for top in sorted(sys.path[1:], key=len, reverse=True):
        if os.path.isdir(top) and (folder + "/").startswith(top + "/"):
            return ".".join([*folder[len(top):].strip("/").split("/"), name]).lstrip("."), None
    return name, folder


def found(name, folder):
    spec = importlib.machinery.PathFinder.find_spec(name, [folder])
    return spec.origin if spec is not None else None


def tell(path):
    folder, base = os.path.split(path)
    name = base.split(".")[0]
    whole = whole_name(folder, name)
    return {"path": path, "name": whole[0], "found": found(name, folder), "loaded": in_child(load, path),
            "opened": in_child(open_module, name, path), "imported": in_child(import_module, *whole)}


with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as listed:
    paths = listed.read().splitlines()
for each in paths:
    print(json.dumps(tell(each)), flush=True)
