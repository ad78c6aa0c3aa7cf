"""Build beside the source: python setup.py build_ext --inplace"""

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup

import fastact as fa

activate = Pybind11Extension("activate", ["activate.cpp"], include_dirs=[fa.get_include()], cxx_std=17)
setup(name="activate", ext_modules=[activate])
