#!/usr/bin/env python3
"""Cuts out of a checkout of OCSF's schema (github.com/ocsf/ocsf-schema) what a Detection Finding
of Weir's is made of, with all attributes of each object, so that an unknown one is seen:

    git -C ocsf-schema checkout 1.8.0
    python3 tests/schema/ocsf.py ocsf-schema > tests/schema/ocsf-1.8.0.json

Objects that Weir does not write are named by the attributes and not in it: a document that has
one fails the check until its name is added here.
"""

import json
import sys
from pathlib import Path

CLASS = ("findings", "detection_finding")
OBJECTS = [
    "actor", "analytic", "attack", "autonomous_system", "evidences", "finding_info", "metadata",
    "network_endpoint", "observable", "product", "remediation", "sub_technique", "tactic",
    "technique", "user",
]
# Of an attribute: what a document can be checked by.
KEPT = ["requirement", "type", "is_array", "sibling", "profile"]

home = Path(sys.argv[1])


def read(path):
    return json.loads((home / path).read_text(encoding="utf-8"))


dictionary = read("dictionary.json")
types = dictionary["types"]["attributes"]
sources = {path.stem: json.loads(path.read_text(encoding="utf-8"))
           for folder in ["objects", "events"] for path in (home / folder).rglob("*.json")}


def own(source):
    """A class's or object's attributes with those of the profiles it includes."""
    attributes = dict(source.get("attributes", {}))
    merged = {}
    for path in attributes.pop("$include", []):
        profile = read(path)
        for name, attribute in profile["attributes"].items():
            merged[name] = {**attribute, "profile": profile["name"]}
    for name, attribute in attributes.items():
        merged[name] = merge(merged.get(name, {}), attribute)
    return merged


def merge(one, other):
    """One definition under another, which adds to its values."""
    enum = {**one.get("enum", {}), **other.get("enum", {})}
    return {**one, **other, **({"enum": enum} if enum else {})}


def inherited(name):
    """All attributes, and what holds of the whole."""
    source = sources[name]
    parent = source.get("extends")
    attributes, constraints = inherited(parent) if parent else ({}, {})
    for key, attribute in own(source).items():
        attributes[key] = merge(attributes.get(key, {}), attribute)
    return attributes, source.get("constraints", constraints)


def observables():
    """The types of observables, each stated where its value is defined."""
    found = {}
    for kind in [dictionary["attributes"], types]:
        found |= {str(a["observable"]): a["caption"] for a in kind.values() if "observable" in a}
    for path in (home / "objects").glob("*.json"):
        source = sources[path.stem]
        if "observable" in source:
            found[str(source["observable"])] = source["caption"]
        for name, attribute in own(source).items():
            if "observable" in attribute:
                found[str(attribute["observable"])] = f"{source['caption']} Object: {name}"
    return found


def compiled(name):
    attributes, constraints = inherited(name)
    out = {}
    for key, attribute in sorted(attributes.items()):
        whole = merge(dictionary["attributes"].get(key, {}), attribute)
        kept = {field: whole[field] for field in KEPT if whole.get(field) is not None}
        if "object_type" in whole:
            kept["type"] = whole["object_type"]
        if "enum" in whole:
            kept["enum"] = {value: entry["caption"] for value, entry in whole["enum"].items()}
        out[key] = kept
        if kept["type"] == "timestamp_t":
            out[f"{key}_dt"] = {"requirement": "optional", "type": "datetime_t", "profile": "datetime"}
    return {"attributes": out} | ({"constraints": constraints} if constraints else {})


def of_class():
    category = read("categories.json")["attributes"][CLASS[0]]
    source = sources[CLASS[1]]
    made = compiled(CLASS[1])
    attributes = made["attributes"]
    uid = category["uid"] * 1000 + source["uid"]
    attributes["category_uid"]["enum"] = {str(category["uid"]): category["caption"]}
    attributes["class_uid"]["enum"] = {str(uid): source["caption"]}
    activities = attributes["activity_id"]["enum"].items()
    attributes["type_uid"]["enum"] = {
        str(uid * 100 + int(value)): f"{source['caption']}: {caption}" for value, caption in activities
    }
    return made


objects = {name: compiled(name) for name in OBJECTS}
objects["observable"]["attributes"]["type_id"]["enum"] |= observables()
for name, type_ in types.items():
    kept = ["type", "regex", "max_len", "range", "values"]
    types[name] = {field: type_[field] for field in kept if field in type_}
schema = {
    "source": "Open Cybersecurity Schema Framework, github.com/ocsf/ocsf-schema, Apache-2.0",
    "made": "cut out by tests/schema/ocsf.py, which says how",
    "version": read("version.json")["version"],
    "profiles": sorted(path.stem for path in (home / "profiles").glob("*.json")),
    "class": of_class(),
    "objects": objects,
    "types": types,
}
print(json.dumps(schema, indent=1, ensure_ascii=False))
