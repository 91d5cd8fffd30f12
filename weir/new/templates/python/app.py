"""Failed logins: many of one user from one address within five minutes.

This is what the detector says of itself. What it does is in detection.py, and what each function
has to do in wit/.
"""

from detection import RULE, WINDOW
from wit_world import exports
from wit_world.exports import description


class Description(exports.Description):
    def describe(self) -> list[description.Rule]:
        attack, kind = description.Attack, description.ValueType
        field = description.Field
        return [
            description.Rule(
                id=RULE,
                short_name="failed-logins",
                name="Failed logins of a user from one address",
                version=1,
                description="A user failed to log in many times from one address within five minutes, "
                "as when passwords are guessed.",
                references=[],
                severity=description.Severity.MEDIUM,
                risk_score=47,
                tags=[],
                event_category=["authentication"],
                event_type=[],
                threats=[
                    description.Threat(
                        attack("TA0006", "Credential Access", "https://attack.mitre.org/tactics/TA0006/"),
                        [attack("T1110", "Brute Force", "https://attack.mitre.org/techniques/T1110/")],
                        [],
                    )
                ],
                judgement=description.Judgement_Tumbling(WINDOW),
                data_sets=["system.auth"],
                key=[field(name, name, kind.TEXT) for name in ("user.name", "source.ip")],
                columns=[
                    field("auth.failures", "Failed logins", kind.INTEGER),
                    field("auth.hosts", "auth.hosts", kind.TEXT_LIST),
                ],
                parameters=[
                    description.Parameter(
                        name="min_failures",
                        kind=description.ParameterType.INTEGER,
                        default_value="5",
                        minimum=1,
                        maximum=1_000_000_000,
                        summary="Fewest failed logins that alert.",
                    )
                ],
                conditions=[
                    description.Condition(
                        "auth.failures",
                        "min_failures",
                        description.Comparison.AT_LEAST,
                        description.Aggregate_Count(),
                    )
                ],
                tables=[],
            )
        ]
