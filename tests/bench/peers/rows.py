"""What all peers share: their command line, and the form in which rows leave them.

No work that a peer should do is done here: only the few rows that alert come this
far. The form is that of Weir's document: nulls left out, one value a scalar, several
a sorted list, times in ISO 8601 with three decimals.
"""

import argparse
import ipaddress
import json
from datetime import datetime, timedelta, timezone

LISTS = ("azure_tenants", "api_versions", "app_ids", "source_ips", "source_asn_name", "user_agents")
TIMES = ("time_window", "first_seen", "last_seen")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def arguments():
    """--shape, --threads, INPUT and OUTPUT, the same for every peer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", required=True, choices=("event-hub", "ecs", "log-analytics"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("input")
    parser.add_argument("output")
    return parser.parse_args()


def iso(milliseconds):
    """The time as the documents write it."""
    text = (EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def canonical(address):
    """1.2.3.4 and ::ffff:1.2.3.4 are one address; what is none at all is null."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def row(columns):
    """One row from a peer's columns, named as in the rule without `Esql.`."""
    columns = dict(columns)
    columns["source_ips"] = map(canonical, filter(None, columns["source_ips"] or ()))
    out = {}
    if columns["user"] is not None:
        out["user.id"] = columns["user"]
    if columns["asn"] is not None:
        out["source.as.number"] = columns["asn"]
    for name in ("total_calls", "errors", "error_rate", "url_path_count"):
        out[f"Esql.{name}"] = columns[name]
    for name in TIMES:
        out[f"Esql.{name}"] = iso(columns[name])
    for name in LISTS:
        values = sorted({value for value in columns[name] or () if value})
        if values:
            out[f"Esql.{name}"] = values[0] if len(values) == 1 else values
    return out


def write(path, rows):
    """All rows, one JSON object a line."""
    with open(path, "w", encoding="utf-8") as out:
        for columns in rows:
            out.write(json.dumps(row(columns), ensure_ascii=False) + "\n")
