"""The raw contract: the columns of the files that people write. Fixed, because their folders depend on it."""

REQUIRED_FIGURE_COLUMNS = ("region", "level", "measure", "unit", "value")
FIGURE_COLUMNS = (
    "region", "level", "within", "measure", "unit", "value", "qualifier", "precision", "unit_mult", "period_start",
    "period_end", "wave_from", "wave_to", "sex", "age_group", "as_of", "locator", "note",
)  # fmt: skip
ORGANISATION_COLUMNS = ("name", "role", "kind", "locator")
#: `printed` and `found` may be empty: then the note holds whatever was printed and found.
KNOWN_ISSUE_COLUMNS = ("rule", "source", "row", "printed", "found", "reason", "decided_on", "until")
#: What a source may hold: the columns of each resource, and those that must be there.
RESOURCES = {
    "figures": (FIGURE_COLUMNS, REQUIRED_FIGURE_COLUMNS),
    "organisations": (ORGANISATION_COLUMNS, ("name",)),
}
#: The log of a source on the web: one line for each time that another file was found there.
VERSION_COLUMNS = (
    "seen", "resource", "sha256", "bytes", "url", "location", "etag", "last_modified", "media_type",
)  # fmt: skip
