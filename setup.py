"""Builds ``kgraph._ops``: the executor in Cython, the kernels in C, once per instruction set."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from glob import glob

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FLAGS = ["-O3", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-pthread"]
# Symbols for a debugger are four fifths of the file; a sanitizer's reports need them.
LINK_FLAGS = ["-pthread"] if "-fsanitize" in os.environ.get("CFLAGS", "") else ["-pthread", "-Wl,-S"]

ops = Extension(
    "kgraph._ops",
    sources=["kgraph/_ops.pyx", *sorted(glob("kgraph/csrc/*.c"))],
    depends=sorted(glob("kgraph/csrc/**/*.h", recursive=True)),
    include_dirs=["kgraph", "kgraph/csrc", numpy.get_include()],
    define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
    extra_compile_args=[] if sys.platform == "win32" else FLAGS,
    extra_link_args=[] if sys.platform == "win32" else LINK_FLAGS,
)


class BuildSideBySide(build_ext):
    """Compiles the files of an extension side by side: the ``--parallel`` of setuptools is for several extensions."""

    def build_extension(self, ext):
        compile_in_turn = self.compiler.compile

        def compile_side_by_side(sources, **options):
            with ThreadPoolExecutor(self.parallel or os.cpu_count()) as pool:
                objects = pool.map(lambda source: compile_in_turn([source], **options), sources)
                return [name for names in objects for name in names]

        self.compiler.compile = compile_side_by_side
        super().build_extension(ext)


setup(
    ext_modules=cythonize([ops], build_dir="build/cython", language_level=3),
    cmdclass={"build_ext": BuildSideBySide},
)
