"""How many examples Hypothesis tries for each property: fewer with the profile of `make quick`."""

from __future__ import annotations

from hypothesis import settings

EXAMPLES = settings().max_examples
"""As many as properties without their own number have; others have some multiple of it."""
