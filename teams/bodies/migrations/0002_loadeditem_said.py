from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bodies', '0001_initial'),
    ]

    operations = [
        migrations.RemoveField(model_name='loadeditem', name='digest'),
        migrations.AlterField(
            model_name='loadeditem',
            name='key',
            field=models.CharField(max_length=255),
        ),
        migrations.AddField(
            model_name='loadeditem',
            name='said',
            field=models.JSONField(default=dict, help_text="The item's fields as the file had them."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='loadeditem',
            name='row',
            field=models.BigIntegerField(default=0, help_text='Primary key of the row that it became.'),
            preserve_default=False,
        ),
    ]
