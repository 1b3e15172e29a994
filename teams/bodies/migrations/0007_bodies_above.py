"""The bodies above each body, directly or not, as a view on who reports to whom."""

from django.db import migrations, models

# The days of a way up are those on which all its steps hold; GREATEST and LEAST leave NULL out. A body that would stand
# above itself ends the way.
VIEW = """
CREATE VIEW bodies_bodyabove AS
WITH RECURSIVE way (body_id, above_id, distance, since, until, passed) AS (
    SELECT id, id, 0, NULL::date, NULL::date, ARRAY[id] FROM bodies_body
    UNION ALL
    SELECT way.body_id, held.parent_id, way.distance + 1,
        GREATEST(way.since, lower(held.started)), LEAST(way.until, lower(held.ended)), way.passed || held.parent_id
    FROM way JOIN bodies_bodyparent AS held ON held.body_id = way.above_id
    WHERE held.parent_id <> ALL (way.passed)
)
SELECT row_number() OVER () AS id, body_id, above_id, distance, since, until
FROM way WHERE since IS NULL OR until IS NULL OR since < until
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bodies', '0006_signed_rounds_stay'),
    ]

    operations = [
        migrations.RunSQL(VIEW, "DROP VIEW bodies_bodyabove"),
        migrations.CreateModel(
            name='BodyAbove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('distance', models.SmallIntegerField()),
                ('since', models.DateField(null=True)),
                ('until', models.DateField(null=True)),
            ],
            options={
                'db_table': 'bodies_bodyabove',
                'managed': False,
            },
        ),
    ]
