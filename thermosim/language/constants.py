"""`scipy.constants`, imported without the parts of NumPy that SciPy drags in and nobody uses.

SciPy's ``from numpy import *`` loads NumPy's compiler of Fortran among others: twice the time of
all else that ``thermosim --help`` does. Import this before the first module of SciPy.
"""

from __future__ import annotations

import numpy as np

_UNUSED = ("f2py", "testing")  # submodules that NumPy loads when they are asked for
_names = list(np.__all__)
np.__all__[:] = [name for name in _names if name not in _UNUSED]
try:
    import scipy.constants  # noqa: F401
finally:
    np.__all__[:] = _names
