#!/usr/bin/env python3
"""Cuts out of a checkout of the Elastic Common Schema (github.com/elastic/ecs) the field sets that
an alert's document can be made of:

    git -C ecs checkout v8.17.0
    python3 tests/schema/ecs.py ecs > tests/schema/ecs-8.17.0.tsv

Needs PyYAML, for the values that some fields allow.
"""

import csv
import sys
from pathlib import Path

import yaml

SETS = ["base", "ecs", "event", "rule", "source", "destination", "user", "user_agent"]
# A set of hundreds of fields, of which rules say these.
THREAT = ["threat.framework", "threat.tactic.", "threat.technique."]

generated = Path(sys.argv[1]) / "generated"
flat = yaml.safe_load((generated / "ecs" / "ecs_flat.yml").read_text(encoding="utf-8"))
with (generated / "csv" / "fields.csv").open(encoding="utf-8", newline="") as file:
    rows = [row for row in csv.DictReader(file)
            if row["Field_Set"] in SETS or row["Field"].startswith(tuple(THREAT))]

print(f"# Elastic Common Schema {rows[0]['ECS_Version']}, github.com/elastic/ecs, Apache-2.0")
print("# Cut out by tests/schema/ecs.py, which says how. Name, type, `array` where it is to hold")
print("# several values, and the values it allows: for a category with the types that it expects.")
for row in rows:
    allowed = []
    # A field within another, such as the text of a keyword, is none of its own.
    for value in flat.get(row["Field"], {}).get("allowed_values", []):
        expected = value.get("expected_event_types", [])
        allowed.append(value["name"] + (":" + ",".join(expected) if expected else ""))
    print("\t".join([row["Field"], row["Type"], row["Normalization"], " ".join(allowed)]).rstrip())
