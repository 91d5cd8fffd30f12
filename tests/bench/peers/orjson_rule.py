"""The rule in plain Python with orjson: what a script of an evening looks like, made quick.

One pass, one thread. A group keeps its counts and its paths; the lists are kept too,
as sets, of which most calls add nothing.

Left out, since the generated files hold none of it: keywords longer than 1024
characters, multivalued fields, dotted keys, search hits, a tenant that only the
resourceId names, numbers written as text, and times that do not begin like
2026-05-19T09:00:00.036 or are not UTC.
"""

import re
from datetime import datetime, timezone
from math import floor
from urllib.parse import unquote

import orjson

import rows

HOST = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")


def path_of(uri):
    """Tags, scheme and host, query and fragment go; then the escapes."""
    if not uri:
        return None
    if "<" in uri:
        uri = uri.replace("<pii>", "").replace("</pii>", "")
    if not uri.startswith("/") or uri.startswith("//"):
        uri = HOST.sub("", uri)
    path = uri.partition("?")[0].partition("#")[0]
    if "%" in path:
        path = unquote(path)
    return path or None


def event_hub(record):
    """The rule's columns of a record of a diagnostic setting."""
    if record.get("category") != "AzureADGraphActivityLogs":
        return None
    p = record["properties"].get
    return (
        p("servicePrincipalId") or p("userId") or None,
        None,
        None,
        p("callerIpAddress"),
        p("httpStatusCode"),
        path_of(p("requestUri")),
        record.get("tenantId") or p("tenantId"),
        p("apiVersion"),
        p("appId"),
        p("userAgent"),
        p("timeGenerated"),
        p("requestId"),
        p("requestUri"),
        None,
    )


def log_analytics(record):
    """The rule's columns of a row of the table."""
    r = record.get
    if r("Type") != "AADGraphActivityLogs":
        return None
    return (
        r("ServicePrincipalId") or r("UserId") or None,
        None,
        None,
        r("CallerIpAddress"),
        r("ResponseStatusCode"),
        path_of(r("RequestUri")),
        r("AADTenantId"),
        r("ApiVersion"),
        r("AppId"),
        r("UserAgent"),
        r("TimeRequested") or r("TimeGenerated"),
        r("RequestId"),
        r("RequestUri"),
        None,
    )


def ecs(document):
    """The rule's columns of an Elastic document."""
    get = document.get
    if get("data_stream", {}).get("dataset") != "azure.aadgraphactivitylogs":
        return None
    source, http, azure, url = get("source", {}), get("http", {}), get("azure", {}), get("url", {})
    network = source.get("as", {})
    properties = azure.get("aadgraphactivitylogs", {}).get("properties", {})
    return (
        get("user", {}).get("id") or None,
        network.get("number"),
        network.get("organization", {}).get("name"),
        source.get("ip"),
        http.get("response", {}).get("status_code"),
        url.get("path") or None,
        azure.get("tenant_id"),
        properties.get("api_version"),
        properties.get("app_id"),
        get("user_agent", {}).get("original"),
        document["@timestamp"],
        http.get("request", {}).get("id"),
        url.get("original"),
        get("_id"),
    )


# How to read a shape, and what a line of its data set holds for sure.
SHAPES = {
    "event-hub": (event_hub, b"AzureADGraphActivityLogs"),
    "log-analytics": (log_analytics, b"AADGraphActivityLogs"),
    "ecs": (ecs, b"azure.aadgraphactivitylogs"),
}
SETS = ("azure_tenants", "api_versions", "app_ids", "source_ips", "source_asn_name", "user_agents")


class Group:
    """One user's calls from one network in one window."""

    __slots__ = ("total", "errors", "paths", "lists", "first", "last")

    def __init__(self, time):
        self.total = self.errors = 0
        self.paths = set()
        self.lists = set()  # of the six together, which repeat from call to call
        self.first = self.last = time


def read(path, columns, dataset):
    """All groups of the file."""
    groups, seen, seconds = {}, set(), {}
    loads = orjson.loads
    with open(path, "rb", buffering=1 << 20) as lines:
        for line in lines:
            if dataset not in line:  # much cheaper than to decode it
                continue
            call = columns(loads(line))
            if call is None:
                continue
            user, asn, asn_name, ip, status, path, tenant, version, app, agent, text, request, uri, document = call
            second = text[:19]
            time = seconds.get(second)
            if time is None:
                moment = datetime.fromisoformat(second).replace(tzinfo=timezone.utc)
                time = seconds[second] = int(moment.timestamp()) * 1000
            time += int(text[20:23])
            if document or request:
                known = len(seen)
                seen.add(document or (request, uri, tenant, time))
                if len(seen) == known:
                    continue
            key = (user, asn, time // 120_000)
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(time)
            group.total += 1
            if status is not None and 400 <= status <= 499:
                group.errors += 1
            if path is not None:
                group.paths.add(path)
            group.lists.add((tenant, version, app, ip, asn_name, agent))
            if time < group.first:
                group.first = time
            if time > group.last:
                group.last = time
    return groups


def alerts(groups):
    """The rows of the groups that meet every threshold."""
    for (user, asn, window), group in groups.items():
        if group.total <= 20 or group.errors < 10 or len(group.paths) < 15:
            continue
        rate = floor(group.errors / group.total * 100.0 + 0.5) / 100.0
        if rate < 0.4:
            continue
        yield dict(zip(SETS, zip(*group.lists))) | {
            "user": user,
            "asn": asn,
            "time_window": window * 120_000,
            "total_calls": group.total,
            "errors": group.errors,
            "error_rate": rate,
            "url_path_count": len(group.paths),
            "first_seen": group.first,
            "last_seen": group.last,
        }


def main():
    options = rows.arguments()
    rows.write(options.output, alerts(read(options.input, *SHAPES[options.shape])))


main()
