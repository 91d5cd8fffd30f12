"""The rule in DuckDB.

`read_ndjson` is told the columns, and of nested objects the members, that the rule
reads: it then skips the others, which is several times faster than to infer them.

Two steps, since that is faster than one: most groups fail the thresholds on their
counts alone, so the lists are made, and deliveries compared, only for those that are
left. That is exact where a call delivered twice is the same call, as it is here.

Left out, since the generated files hold none of it: keywords longer than 1024
characters, multivalued fields, dotted keys, search hits, a tenant that only the
resourceId names, numbers written as text, times that do not begin like
2026-05-19T09:00:00.036, and percent escapes that are not UTF-8 (their path is null).
"""

import duckdb

import rows

SOURCE = {
    "event-hub": (
        """{category: 'VARCHAR', tenantId: 'VARCHAR', properties: 'STRUCT(apiVersion VARCHAR,
            appId VARCHAR, callerIpAddress VARCHAR, httpStatusCode INTEGER, requestId VARCHAR,
            requestUri VARCHAR, servicePrincipalId VARCHAR, tenantId VARCHAR,
            timeGenerated VARCHAR, userAgent VARCHAR, userId VARCHAR)'}""",
        """coalesce(nullif(properties.servicePrincipalId, ''), nullif(properties.userId, '')) AS user,
            NULL::INTEGER AS asn, NULL::VARCHAR AS asn_name, properties.callerIpAddress AS ip,
            properties.httpStatusCode AS status, {path} AS path,
            coalesce(nullif(tenantId, ''), properties.tenantId) AS tenant,
            properties.apiVersion AS version, properties.appId AS app, properties.userAgent AS agent,
            epoch_ms(left(properties.timeGenerated, 23)::TIMESTAMP) AS time,
            nullif(properties.requestId, '') AS request, properties.requestUri AS uri, NULL AS id""",
        "properties.requestUri",
        "category = 'AzureADGraphActivityLogs'",
    ),
    "log-analytics": (
        """{Type: 'VARCHAR', AADTenantId: 'VARCHAR', ApiVersion: 'VARCHAR', AppId: 'VARCHAR',
            CallerIpAddress: 'VARCHAR', RequestId: 'VARCHAR', RequestUri: 'VARCHAR',
            ResponseStatusCode: 'INTEGER', ServicePrincipalId: 'VARCHAR', TimeGenerated: 'VARCHAR',
            TimeRequested: 'VARCHAR', UserAgent: 'VARCHAR', UserId: 'VARCHAR'}""",
        """coalesce(nullif(ServicePrincipalId, ''), nullif(UserId, '')) AS user,
            NULL::INTEGER AS asn, NULL::VARCHAR AS asn_name, CallerIpAddress AS ip,
            ResponseStatusCode AS status, {path} AS path, AADTenantId AS tenant,
            ApiVersion AS version, AppId AS app, UserAgent AS agent,
            epoch_ms(left(coalesce(nullif(TimeRequested, ''), TimeGenerated), 23)::TIMESTAMP) AS time,
            nullif(RequestId, '') AS request, RequestUri AS uri, NULL AS id""",
        "RequestUri",
        "Type = 'AADGraphActivityLogs'",
    ),
    "ecs": (
        """{"@timestamp": 'VARCHAR', _id: 'VARCHAR', user: 'STRUCT(id VARCHAR)',
            source: 'STRUCT("as" STRUCT(number BIGINT, organization STRUCT(name VARCHAR)), ip VARCHAR)',
            http: 'STRUCT(request STRUCT(id VARCHAR), response STRUCT(status_code INTEGER))',
            url: 'STRUCT(path VARCHAR, original VARCHAR)',
            azure: 'STRUCT(tenant_id VARCHAR, aadgraphactivitylogs
                STRUCT(properties STRUCT(api_version VARCHAR, app_id VARCHAR)))',
            user_agent: 'STRUCT(original VARCHAR)', data_stream: 'STRUCT(dataset VARCHAR)'}""",
        """nullif("user".id, '') AS user, source."as".number AS asn,
            source."as".organization.name AS asn_name, source.ip AS ip,
            http.response.status_code AS status, nullif(url.path, '') AS path,
            azure.tenant_id AS tenant, azure.aadgraphactivitylogs.properties.api_version AS version,
            azure.aadgraphactivitylogs.properties.app_id AS app, user_agent.original AS agent,
            epoch_ms(left("@timestamp", 23)::TIMESTAMP) AS time,
            nullif(http.request.id, '') AS request, url.original AS uri, nullif(_id, '') AS id""",
        "url.path",
        "data_stream.dataset = 'azure.aadgraphactivitylogs'",
    ),
}

# Tags, scheme and host, query and fragment go; then the escapes. A URI that begins with
# one slash and holds neither `<` nor `%` takes the short way.
PATH = """nullif(CASE WHEN {uri}[1] = '/' AND {uri}[2] <> '/' AND NOT contains({uri}, '<') AND NOT contains({uri}, '%')
        THEN split_part(split_part({uri}, '?', 1), '#', 1)
        ELSE try(url_decode(regexp_replace(split_part(split_part(
            replace(replace({uri}, '<pii>', ''), '</pii>', ''), '?', 1), '#', 1),
            '^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*', ''))) END, '')"""

CALLS = """CREATE TEMP TABLE calls AS
SELECT {columns}, time - time % 120000 AS time_window FROM read_ndjson('{file}', columns={types})
WHERE {scope}"""

# A time before 1970 would need a floor instead of the remainder above.
RULE = """
WITH likely AS (
    SELECT user, asn, time_window FROM calls GROUP BY ALL
    HAVING count(*) > 20 AND count(*) FILTER (status BETWEEN 400 AND 499) >= 10
), their AS (
    SELECT calls.* FROM calls SEMI JOIN likely
    ON calls.time_window = likely.time_window AND calls.user IS NOT DISTINCT FROM likely.user
        AND calls.asn IS NOT DISTINCT FROM likely.asn
), once AS (
    SELECT DISTINCT ON (CASE WHEN id IS NOT NULL THEN row(id, NULL, NULL, NULL)
                             WHEN request IS NOT NULL THEN row(request, uri, tenant, time)
                             ELSE row(uuid()::VARCHAR, '', '', 0) END) * FROM their
)
SELECT user, asn, time_window, count(*) AS total_calls,
    count(*) FILTER (status BETWEEN 400 AND 499) AS errors,
    floor(errors / total_calls * 100.0 + 0.5) / 100.0 AS error_rate,
    count(DISTINCT path) AS url_path_count,
    list(DISTINCT tenant) AS azure_tenants, list(DISTINCT version) AS api_versions,
    list(DISTINCT app) AS app_ids, list(DISTINCT ip) AS source_ips,
    list(DISTINCT asn_name) AS source_asn_name, list(DISTINCT agent) AS user_agents,
    min(time) AS first_seen, max(time) AS last_seen
FROM once GROUP BY user, asn, time_window
HAVING total_calls > 20 AND errors >= 10 AND error_rate >= 0.4 AND url_path_count >= 15
"""


def main():
    options = rows.arguments()
    types, columns, uri, scope = SOURCE[options.shape]
    database = duckdb.connect(config={"threads": options.threads})
    database.execute("SET preserve_insertion_order = false")
    columns = columns.replace("{path}", PATH.replace("{uri}", uri))
    file = options.input.replace("'", "''")
    database.execute(CALLS.format(columns=columns, file=file, types=types, scope=scope))
    answer = database.execute(RULE)
    names = [column[0] for column in answer.description]
    rows.write(options.output, (dict(zip(names, values)) for values in answer.fetchall()))


main()
