"""The marker in a webhook's address: which recipe, and which revision of it, a delivery comes from.

Assumed: the settings screen keeps the query of an address whose verb is POST.
"""

import hashlib
import json
from typing import Any, Final

from qsc_bot.models.delivery import RECIPE_KEY, REVISION_KEY

REVISION_LETTERS: Final = 12


def revision_of(content: dict[str, Any]) -> str:
    """A short name for what a recipe does: the same on every machine, and the same switched on or off."""
    kept = {key: value for key, value in content.items() if key != "enabled"}
    canonical = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:REVISION_LETTERS]


def with_marker(url: str, *, name: str, revision: str) -> str:
    """The address with this marker and no other at the end of its query; all else stays as it was written."""
    base, query = _split(without_marker(url))
    marker = f"{RECIPE_KEY}={name}&{REVISION_KEY}={revision}"
    return f"{base}?{query}&{marker}" if query else f"{base}?{marker}"


def without_marker(url: str) -> str:
    """The address as it was before a marker was put into it."""
    base, query = _split(url)
    kept = [part for part in query.split("&") if part.partition("=")[0] not in (RECIPE_KEY, REVISION_KEY)]
    return f"{base}?{'&'.join(kept)}" if "".join(kept) or len(kept) > 1 else base


def _split(url: str) -> tuple[str, str]:
    base, _, query = url.partition("?")
    return base, query
