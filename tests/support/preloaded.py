"""Libraries that are loaded into the service before its own (LD_PRELOAD)."""

import re
import shutil
import subprocess

import pytest


def build(source, folder, build_dir):
    """Compiles the C file `source` into `folder`; what LD_PRELOAD must be."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("there is no C compiler")
    library = folder / f"{source.stem}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    # A sanitizer's runtime insists on being the first.
    linked = subprocess.run(
        ["ldd", build_dir / "longhauld"], capture_output=True, text=True, check=True
    ).stdout
    first = re.findall(r"=> (\S*lib[at]san\S*)", linked)
    return ":".join([*first, str(library)])
