"""Settings of the whole suite."""

from hypothesis import settings

import thermosim.fem.first  # noqa: F401  tests import DOLFINx before anything of the package

# The same examples in every run, so that a change is judged by what it changed, and no limit of
# time per example, which a busy machine would break. Other examples: --hypothesis-profile=explore.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("repeatable")
