"""Say in one line what this machine lacks to build kgraph, and which Debian package has it.

Runs before everything else, so it uses the standard library alone and parses under Python 3.6 as well.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

OLDEST_PYTHON = "3.10"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
#: The command that setuptools compiles with.
COMPILER = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "gcc").split()


def has_compiler():
    return shutil.which(COMPILER[0]) is not None


def has_c_library():
    """Compile one include: Debian's gcc can be installed without the C library's headers."""
    if not has_compiler():
        return True
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "probe.c")
        with open(source, "w") as file:
            file.write("#include <stdio.h>\n")
        command = COMPILER + ["-c", source, "-o", os.path.join(folder, "probe.o")]
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def has_python_headers():
    return os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))


def has_venv():
    """Debian moves ``ensurepip``, without which ``venv`` makes no pip, to a package of its own."""
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip and venv)


#: (what is wanted, how to know, the Debian package that has it)
WANTED = (
    (f"a C compiler ({COMPILER[0]})", has_compiler, "gcc"),
    ("the C library's headers", has_c_library, "libc6-dev"),
    (f"the headers of Python {THIS_PYTHON}", has_python_headers, f"python{THIS_PYTHON}-dev"),
    (f"the venv module of Python {THIS_PYTHON}", has_venv, f"python{THIS_PYTHON}-venv"),
)


def complaint():
    """Return one line that names all that is missing, or an empty string."""
    if sys.version_info < tuple(int(part) for part in OLDEST_PYTHON.split(".")):
        return (
            f"kgraph needs Python {OLDEST_PYTHON} or later, and {sys.executable} is {THIS_PYTHON}: apt install python3 "
            f"(Debian 12 or later), or name another with make PYTHON=python{OLDEST_PYTHON}"
        )
    missing = [(what, package) for what, is_there, package in WANTED if not is_there()]
    if not missing:
        return ""
    whats = ", ".join(what for what, _ in missing)
    packages = " ".join(package for _, package in missing)
    return f"kgraph cannot be built without {whats}: apt install {packages}"


if __name__ == "__main__":
    sys.exit(complaint() or 0)
