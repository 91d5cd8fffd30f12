"""Whether a peer's rows are those of Weir's alerts."""

import json

# Columns of the query; Weir's sample paths are not among them.
COLUMNS = (
    "user.id source.as.number Esql.time_window Esql.total_calls Esql.errors Esql.error_rate "
    "Esql.url_path_count Esql.azure_tenants Esql.api_versions Esql.app_ids Esql.source_ips "
    "Esql.source_asn_name Esql.user_agents Esql.first_seen Esql.last_seen"
).split()
KEY = ("Esql.time_window", "user.id", "source.as.number")


def read(path):
    """The rows of a file of alerts, by their key."""
    rows = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            row = {name: document[name] for name in COLUMNS if name in document}
            key = tuple(str(row.get(name)) for name in KEY)
            if key in rows:
                raise SystemExit(f"{path}: two rows for {' '.join(key)}")
            rows[key] = row
    return rows


def difference(expected, found):
    """The first row that differs, in words; None when there is none."""
    for key in sorted(expected.keys() | found.keys()):
        ours, theirs = expected.get(key), found.get(key)
        if ours == theirs:
            continue
        name = " ".join(key)
        if ours is None or theirs is None:
            where, row = ("the peer", theirs) if ours is None else ("Weir", ours)
            return f"{name}: only {where} has this row: {json.dumps(row, ensure_ascii=False)}"
        columns = [c for c in COLUMNS if ours.get(c) != theirs.get(c)]
        parts = [f"{c}: Weir {ours.get(c)!r}, the peer {theirs.get(c)!r}" for c in columns]
        return f"{name}: " + "; ".join(parts)
    return None
