import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Until now each notice went to the person whose it is. The deferred checks of the new key are done at once, because a
# table whose rows still wait for theirs can't be altered in the same transaction.
TO_THEMSELVES = """
    UPDATE notices_notice SET owed_to_id = recipient_id WHERE recipient_id IS NOT NULL;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0004_when_it_goes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="owed_to",
            field=models.ForeignKey(
                help_text="Whose reminder it is: another than the recipient where that one stands in for them.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(TO_THEMSELVES, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="notice", name="notice_once"),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("kind", "rule", "subject_key", "revision", "owed_to"), name="notice_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owed_to__isnull", True), ("recipient__isnull", True)),
                    models.Q(("owed_to__isnull", False), ("recipient__isnull", False)),
                    _connector="OR",
                ),
                name="notice_owed_to_someone",
            ),
        ),
    ]
