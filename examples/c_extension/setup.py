"""Build beside the source: python setup.py build_ext --inplace"""

from setuptools import Extension, setup

import fastact as fa

mlp = Extension(
    "mlp",
    ["mlp.c"],
    include_dirs=[fa.get_include()],
    extra_compile_args=fa.get_compile_flags(),  # for the products; calls of the table need no flags
)
setup(name="mlp", ext_modules=[mlp])
