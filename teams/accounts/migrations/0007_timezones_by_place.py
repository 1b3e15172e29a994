"""No account's time zone is an abbreviation: those that were are named by the place that the zone is of (IANA, 2024b)."""

from django.db import migrations, models

ABBREVIATIONS = ("CET", "EET", "EST", "HST", "MET", "MST", "WET")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_second_factor_history")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE accounts_user AS person SET timezone = place.name
            FROM (VALUES
                ('CET', 'Europe/Brussels'), ('MET', 'Europe/Brussels'), ('EET', 'Europe/Athens'),
                ('WET', 'Europe/Lisbon'), ('EST', 'America/Panama'), ('MST', 'America/Phoenix'),
                ('HST', 'Pacific/Honolulu')
            ) AS place (abbreviation, name)
            WHERE person.timezone = place.abbreviation
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("timezone__in", ABBREVIATIONS), _negated=True),
                name="user_timezone_is_no_abbreviation",
            ),
        ),
    ]
