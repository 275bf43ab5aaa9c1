from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def undo(functions: tuple[str, ...]) -> str:
    return "".join(f"DROP FUNCTION {signature} CASCADE; " for signature in functions)


class Migration(migrations.Migration):
    dependencies = [("signups", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (SQL / "functions.sql").read_text(encoding="utf-8"),
            undo(
                (
                    "signups_cancel(bigint)",
                    "signups_sign_up(bigint, bigint)",
                    "signups_settle(bigint)",
                    "signups_count_event(bigint)",
                    "signups_tell(bigint, text, bigint)",
                )
            ),
        ),
        migrations.RunSQL(
            (SQL / "row_level_security.sql").read_text(encoding="utf-8"),
            # The policies go with the functions that they ask, or with the tables.
            undo(
                (
                    "signups_place(bigint)",
                    "signups_link_members(bigint)",
                    "signups_organization_of_sign_up(bigint)",
                    "signups_organization_of_invitation(bytea)",
                    "slipway_organization_id()",
                    "slipway_user_id()",
                )
            )
            + "".join(
                f"ALTER TABLE signups_{table} DISABLE ROW LEVEL SECURITY; "
                for table in (
                    "organization",
                    "member",
                    "invitation",
                    "event",
                    "shift",
                    "signup",
                    "announcement",
                    "export",
                    "outboxmessage",
                )
            )
            + "DROP POLICY public_profile ON signups_organization; "
            "DROP POLICY published ON signups_event; DROP POLICY of_visible_event ON signups_shift; "
            "DROP POLICY of_no_organization ON signups_outboxmessage;",
        ),
        migrations.RunSQL(
            (SQL / "moving.sql").read_text(encoding="utf-8"),
            # The triggers go with the functions that they call.
            undo(
                (
                    "signups_event_moved()",
                    "signups_shift_moved()",
                    "signups_tell_moved(bigint, timestamptz, timestamptz, text)",
                )
            ),
        ),
        # Back to Django's own constraints would change nothing that it sees.
        migrations.RunSQL((SQL / "deletions.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
