"""Rules say to whom and how often. Rules that are there remind the owner once, as they did."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bodies', '0007_bodies_above'),
        ('reminders', '0002_rules_on_record'),
    ]

    operations = [
        migrations.CreateModel(
            name='Occasion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days_after', models.SmallIntegerField()),
                ('until', models.SmallIntegerField(null=True)),
                ('key', models.CharField(max_length=40)),
            ],
            options={
                'ordering': ['rule', 'days_after'],
            },
        ),
        migrations.AlterModelOptions(
            name='reminderrule',
            options={'ordering': ['group', 'days_after', 'id']},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='reminderrule',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='reminderrule',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='reminderrule',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='reminderrule',
            name='reminder_rule_once',
        ),
        migrations.AddField(
            model_name='reminderrule',
            name='every',
            field=models.SmallIntegerField(blank=True, help_text='Again every so many days from then on; None: once.', null=True),
        ),
        migrations.AddField(
            model_name='reminderrule',
            name='to',
            field=models.CharField(choices=[('owner', 'The owner'), ('lead', 'The team’s lead'), ('chair', 'The chair')], db_default='owner', default='owner', max_length=5),
        ),
        migrations.AddField(
            model_name='reminderruleevent',
            name='every',
            field=models.SmallIntegerField(blank=True, help_text='Again every so many days from then on; None: once.', null=True),
        ),
        migrations.AddField(
            model_name='reminderruleevent',
            name='to',
            field=models.CharField(choices=[('owner', 'The owner'), ('lead', 'The team’s lead'), ('chair', 'The chair')], db_default='owner', default='owner', max_length=5),
        ),
        migrations.RemoveField(
            model_name='reminderrule',
            name='key',
        ),
        migrations.AddField(
            model_name='reminderrule',
            name='key',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Concat(models.Case(models.When(then=models.Value('lead:'), to='lead'), models.When(then=models.Value('chair:'), to='chair'), default=models.Value('')), models.Case(models.When(days_after__lt=0, then=django.db.models.functions.text.Concat(models.Value('before:'), django.db.models.functions.comparison.Cast(django.db.models.expressions.CombinedExpression(models.F('days_after'), '*', models.Value(-1)), models.CharField(max_length=20)))), models.When(days_after=0, then=models.Value('on_the_day')), default=django.db.models.functions.text.Concat(models.Value('after:'), django.db.models.functions.comparison.Cast(models.F('days_after'), models.CharField(max_length=20))))), help_text='As a notice of its first day keeps it: before:7, on_the_day, after:3, lead:after:7.', output_field=models.CharField(max_length=40)),
        ),
        migrations.RemoveField(
            model_name='reminderrule',
            name='wording',
        ),
        migrations.AddField(
            model_name='reminderrule',
            name='wording',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Concat(models.Case(models.When(days_after=-1, then=models.Value('the day before it is due')), models.When(days_after__lt=0, then=django.db.models.functions.text.Concat(django.db.models.functions.comparison.Cast(django.db.models.expressions.CombinedExpression(models.F('days_after'), '*', models.Value(-1)), models.CharField(max_length=20)), models.Value(' days before it is due'))), models.When(days_after=0, then=models.Value('on the day it is due')), models.When(days_after=1, then=models.Value('the day after it was due')), default=django.db.models.functions.text.Concat(django.db.models.functions.comparison.Cast(models.F('days_after'), models.CharField(max_length=20)), models.Value(' days after it was due'))), models.Case(models.When(every=1, then=models.Value(' and every day from then')), models.When(every__isnull=False, then=django.db.models.functions.text.Concat(models.Value(' and every '), django.db.models.functions.comparison.Cast(models.F('every'), models.CharField(max_length=20)), models.Value(' days from then'))), default=models.Value('')), models.Case(models.When(then=models.Value(", to the team's lead"), to='lead'), models.When(then=models.Value(', to the chair'), to='chair'), default=models.Value(''))), output_field=models.CharField(max_length=120)),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reminderrule',
            trigger=pgtrigger.compiler.Trigger(name='occasions', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nDELETE FROM reminders_occasion WHERE rule_id = NEW.id;\nINSERT INTO reminders_occasion (rule_id, days_after, "until", key)\nSELECT NEW.id, said.day, CASE WHEN said.day + NEW.every <= 180 THEN said.day + NEW.every - 1 END,\n    CASE WHEN said.day = NEW.days_after THEN NEW.key\n        ELSE CASE NEW."to" WHEN \'owner\' THEN \'\' ELSE NEW."to" || \':\' END || \'after:\' || said.day END\nFROM generate_series(NEW.days_after, GREATEST(NEW.days_after, 180), NEW.every) AS said (day)\n    WHERE NEW.every IS NOT NULL\nUNION ALL SELECT NEW.id, NEW.days_after, NULL, NEW.key WHERE NEW.every IS NULL;\nRETURN NULL;\n', hash='99878389debbfe6d4aaf451ad020b51ac2c50812', operation='INSERT OR UPDATE', pgid='pgtrigger_occasions_70266', table='reminders_reminderrule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reminderrule',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "reminders_reminderruleevent" ("days_after", "every", "group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "to") VALUES (NEW."days_after", NEW."every", NEW."group_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."to"); RETURN NULL;', hash='e266a504d3ddd66f5fbc2ab2a7b95d35fbe7189c', operation='INSERT', pgid='pgtrigger_insert_insert_596af', table='reminders_reminderrule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reminderrule',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."days_after" IS DISTINCT FROM (NEW."days_after") OR OLD."every" IS DISTINCT FROM (NEW."every") OR OLD."group_id" IS DISTINCT FROM (NEW."group_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."to" IS DISTINCT FROM (NEW."to"))', func='INSERT INTO "reminders_reminderruleevent" ("days_after", "every", "group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "to") VALUES (NEW."days_after", NEW."every", NEW."group_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."to"); RETURN NULL;', hash='4250569d111b7f85f6e2a58184fc1719f9c894e7', operation='UPDATE', pgid='pgtrigger_update_update_72824', table='reminders_reminderrule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reminderrule',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "reminders_reminderruleevent" ("days_after", "every", "group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "to") VALUES (OLD."days_after", OLD."every", OLD."group_id", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."to"); RETURN NULL;', hash='f6d5b3e1ed29805aeaab3443eac8c3385cfd3936', operation='DELETE', pgid='pgtrigger_delete_delete_d5236', table='reminders_reminderrule', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='reminderrule',
            constraint=models.UniqueConstraint(fields=('group', 'to', 'days_after'), name='reminder_rule_once'),
        ),
        migrations.AddConstraint(
            model_name='reminderrule',
            constraint=models.CheckConstraint(condition=models.Q(('to__in', ['owner', 'lead', 'chair'])), name='reminder_rule_to_someone'),
        ),
        migrations.AddConstraint(
            model_name='reminderrule',
            constraint=models.CheckConstraint(condition=models.Q(('every__isnull', True), models.Q(('days_after__gte', 1), ('days_after__lt', 180), ('every__gte', 1)), _connector='OR'), name='reminder_rule_repeats_when_late'),
        ),
        migrations.AddField(
            model_name='occasion',
            name='rule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='occasions', to='reminders.reminderrule'),
        ),
        migrations.AddConstraint(
            model_name='occasion',
            constraint=models.UniqueConstraint(fields=('rule', 'days_after'), name='occasion_once'),
        ),
        migrations.RunSQL(
            'INSERT INTO reminders_occasion (rule_id, days_after, "until", key) '
            "SELECT id, days_after, NULL, key FROM reminders_reminderrule",
            migrations.RunSQL.noop,
        ),
    ]
