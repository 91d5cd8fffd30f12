"""The rule in ClickHouse local, which its makers publish for Python as chdb.

The lines are read as text, those that do not name the data set at all are dropped, and
of the others what the rule reads is extracted as one tuple: that is faster than the
reader for JSON with the same columns.

Two steps, since that is faster than one: most groups fail the thresholds on their
counts alone, so the lists are made, and deliveries compared, only for those that are
left. That is exact where a call delivered twice is the same call, as it is here.

Left out, since the generated files hold none of it: keywords longer than 1024
characters, multivalued fields, dotted keys, search hits, a tenant that only the
resourceId names, numbers written as text, times that do not begin like
2026-05-19T09:00:00.036, and percent escapes that are not UTF-8 (they stay bytes).
"""

import json

from chdb.session import Session

import rows

SOURCE = {
    "event-hub": (
        {
            "category": "String",
            "tenantId": "String",
            "properties": """Tuple(apiVersion String, appId String, callerIpAddress String,
                httpStatusCode Nullable(Int32), requestId String, requestUri String,
                servicePrincipalId String, tenantId String, timeGenerated String, userAgent String,
                userId String)""",
        },
        """nullIf(if(properties.servicePrincipalId != '', properties.servicePrincipalId, properties.userId), '')
                AS user_id,
            CAST(NULL AS Nullable(Int64)) AS asn, '' AS asn_name, properties.callerIpAddress AS ip,
            properties.httpStatusCode AS status, {path} AS path,
            if(tenantId != '', tenantId, properties.tenantId) AS tenant,
            properties.apiVersion AS version, properties.appId AS app, properties.userAgent AS agent,
            {time} AS time, properties.requestId AS request, properties.requestUri AS uri, '' AS id""",
        ("properties.requestUri", "properties.timeGenerated"),
        ("category", "AzureADGraphActivityLogs"),
    ),
    "log-analytics": (
        dict.fromkeys(
            "Type AADTenantId ApiVersion AppId CallerIpAddress RequestId RequestUri ServicePrincipalId "
            "TimeGenerated TimeRequested UserAgent UserId".split(),
            "String",
        )
        | {"ResponseStatusCode": "Nullable(Int32)"},
        """nullIf(if(ServicePrincipalId != '', ServicePrincipalId, UserId), '') AS user_id,
            CAST(NULL AS Nullable(Int64)) AS asn, '' AS asn_name, CallerIpAddress AS ip,
            ResponseStatusCode AS status, {path} AS path, AADTenantId AS tenant,
            ApiVersion AS version, AppId AS app, UserAgent AS agent,
            {time} AS time, RequestId AS request, RequestUri AS uri, '' AS id""",
        ("RequestUri", "if(TimeRequested != '', TimeRequested, TimeGenerated)"),
        ("Type", "AADGraphActivityLogs"),
    ),
    "ecs": (
        {
            "@timestamp": "String",
            "_id": "String",
            "user": "Tuple(id String)",
            "source": """Tuple(`as` Tuple(number Nullable(Int64), organization Tuple(name String)),
                ip String)""",
            "http": "Tuple(request Tuple(id String), response Tuple(status_code Nullable(Int32)))",
            "url": "Tuple(path String, original String)",
            "azure": """Tuple(tenant_id String,
                aadgraphactivitylogs Tuple(properties Tuple(api_version String, app_id String)))""",
            "user_agent": "Tuple(original String)",
            "data_stream": "Tuple(dataset String)",
        },
        """nullIf(user.id, '') AS user_id, source.as.number AS asn,
            source.as.organization.name AS asn_name, source.ip AS ip,
            http.response.status_code AS status, url.path AS path, azure.tenant_id AS tenant,
            azure.aadgraphactivitylogs.properties.api_version AS version,
            azure.aadgraphactivitylogs.properties.app_id AS app, user_agent.original AS agent,
            {time} AS time, http.request.id AS request, url.original AS uri, _id AS id""",
        ("url.path", "`@timestamp`"),
        ("data_stream.dataset", "azure.aadgraphactivitylogs"),
    ),
}

# Tags, query and fragment, scheme and host go; then the escapes. A URI that begins with
# one slash and holds neither `<` nor `%` takes the short way.
PATH = """multiIf(startsWith({uri}, '/') AND NOT startsWith({uri}, '//') AND NOT match({uri}, '[<%]'),
    cutQueryStringAndFragment({uri}),
    decodeURLComponent(replaceRegexpOne(cutQueryStringAndFragment(
        replaceAll(replaceAll({uri}, '<pii>', ''), '</pii>', '')), '^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*', '')))"""

TIME = "toUnixTimestamp64Milli(parseDateTime64BestEffort(left({time}, 23), 3, 'UTC'))"

CALLS = """CREATE TABLE calls ENGINE = Memory AS
SELECT {columns}, intDiv(time, 120000) * 120000 AS time_window
FROM (
    SELECT JSONExtract(line, 'Tuple({types})') AS record, {members}
    FROM file('{file}', LineAsString, 'line String') WHERE position(line, '{dataset}') > 0
)
WHERE {scope} = '{dataset}' SETTINGS {settings}"""

# A time before 1970 would need a floor instead of intDiv above. A null does not join, hence the texts.
RULE = """
WITH likely AS (
    SELECT toString(tuple(user_id, asn)), time_window FROM calls GROUP BY user_id, asn, time_window
    HAVING count() > 20 AND countIf(status BETWEEN 400 AND 499) >= 10
), once AS (
    SELECT * FROM calls WHERE (toString(tuple(user_id, asn)), time_window) IN likely
    LIMIT 1 BY multiIf(id != '', tuple(id, '', '', 0::Int64),
        request != '', tuple(request, uri, tenant, time), tuple(toString(generateUUIDv4()), '', '', 0::Int64))
)
SELECT user_id AS user, asn, time_window, count() AS total_calls, countIf(status BETWEEN 400 AND 499) AS errors,
    floor(errors / total_calls * 100.0 + 0.5) / 100.0 AS error_rate,
    uniqExactIf(path, path != '') AS url_path_count,
    groupUniqArray(tenant) AS azure_tenants, groupUniqArray(version) AS api_versions,
    groupUniqArray(app) AS app_ids, groupUniqArray(ip) AS source_ips,
    groupUniqArray(asn_name) AS source_asn_name, groupUniqArray(agent) AS user_agents,
    min(time) AS first_seen, max(time) AS last_seen
FROM once GROUP BY user_id, asn, time_window
HAVING total_calls > 20 AND errors >= 10 AND error_rate >= 0.4 AND url_path_count >= 15
SETTINGS {settings}, output_format_json_quote_64bit_integers = 0
"""


def calls(options, settings):
    """The statement that reads the file into the rule's own columns."""
    members, columns, (uri, time), (scope, dataset) = SOURCE[options.shape]
    return CALLS.format(
        columns=columns.format(path=PATH.format(uri=uri), time=TIME.format(time=time)),
        types=", ".join(f"`{name}` {type}" for name, type in members.items()),
        members=", ".join(f"record.`{name}` AS `{name}`" for name in members),
        file=options.input.replace("'", "\\'"),
        scope=scope,
        dataset=dataset,
        settings=settings,
    )


def main():
    options = rows.arguments()
    settings = f"max_threads = {options.threads}"
    session = Session()
    session.query(calls(options, settings))
    answer = session.query(RULE.format(settings=settings), "JSONEachRow")
    rows.write(options.output, map(json.loads, str(answer).splitlines()))


main()
