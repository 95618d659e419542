"""Frictionless: every cell against a schema and the key; it has no sums, and writes nothing."""

import sys
from pathlib import Path

from frictionless import Resource, Schema, system, validate

raw, _, _ = map(Path, sys.argv[1:])
schema = Schema.from_descriptor(
    {
        "fields": [
            {"name": "region", "type": "string", "constraints": {"required": True}},
            {"name": "level", "type": "string", "constraints": {"required": True}},
            {"name": "within", "type": "string"},
            {"name": "measure", "type": "string", "constraints": {"enum": ["recipients"]}},
            {"name": "unit", "type": "string", "constraints": {"enum": ["person"]}},
            {"name": "value", "type": "string", "constraints": {"pattern": r"\d{1,3}(\.\d{3})*"}},
            {"name": "wave_from", "type": "integer"},
            {"name": "wave_to", "type": "integer"},
            {"name": "sex", "type": "string", "constraints": {"enum": ["female", "male"]}},
            {"name": "age_group", "type": "string"},
            {"name": "locator", "type": "string"},
        ],
        "primaryKey": ["locator"],
    }
)
with system.use_context(trusted=True):
    report = validate(Resource(path=str(raw), schema=schema))
print(report.to_summary()[:2000])
sys.exit(not report.valid)
