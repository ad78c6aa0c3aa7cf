"""Build beside the source: python setup.py build_ext --inplace"""

from Cython.Build import cythonize
from setuptools import Extension, setup

import fastact as fa

# "native" is what fastact runs here; a wheel for others says "v3", or leaves the baseline
dense = Extension("dense", ["dense.pyx"], extra_compile_args=fa.get_compile_flags("native"))
setup(name="dense", ext_modules=cythonize([dense]))
