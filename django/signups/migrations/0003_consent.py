from pathlib import Path

import django.db.models.functions.datetime
import signups.models.names
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signups', '0002_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='announcement',
            name='expected',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        # Who is there already has said yes; so has whoever the release before writes down while both serve.
        migrations.AddField(
            model_name='member',
            name='confirmed_at',
            field=models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), editable=False, null=True),
        ),
        migrations.AddField(
            model_name='organization',
            name='daily_mails',
            field=models.PositiveIntegerField(blank=True, help_text='How many invitations and announced mails may go out in a day. Empty: it grows with age and people.', null=True),
        ),
        migrations.AlterField(
            model_name='member',
            name='name',
            field=models.CharField(max_length=200, validators=[signups.models.names.no_link]),
        ),
        migrations.AlterField(
            model_name='organization',
            name='name',
            field=models.CharField(max_length=200, validators=[signups.models.names.no_link]),
        ),
        migrations.AlterField(
            model_name='user',
            name='name',
            field=models.CharField(max_length=200, validators=[signups.models.names.no_link]),
        ),
        migrations.RunSQL(
            (Path(__file__).parent / "sql" / "consent.sql").read_text(encoding="utf-8"),
            # The trigger goes with the function that it calls.
            "DROP FUNCTION signups_keep_password_of_staff() CASCADE; DROP FUNCTION signups_confirm(bigint); "
            "DROP FUNCTION signups_mails_of_account(bigint); DROP FUNCTION signups_mails_of_organization(bigint);",
        ),
    ]
