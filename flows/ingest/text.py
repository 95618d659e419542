"""Text as it was pasted from a page."""

from typing import Any


def tidy(text: Any) -> Any:
    """The text with single spaces, whatever kind they were, and without characters that nobody can see."""
    return text.re_replace(r"\p{Cf}+", "").re_replace(r"[\s\p{Z}]+", " ").strip()
