-- What goes with a row that is deleted? Django knows it for its own deletions (`on_delete`); the API deletes too, and may not
-- touch every table that points to the row. So the database does the same: as the owner, whoever asks.
DO $$
DECLARE
    rule record;
    key record;
BEGIN
    FOR rule IN SELECT * FROM (VALUES
        ('signups_shift', 'event_id', 'CASCADE'),
        ('signups_signup', 'shift_id', 'CASCADE'),
        ('signups_signup', 'member_id', 'CASCADE'),
        ('signups_announcement', 'event_id', 'SET NULL'),
        ('signups_announcement', 'author_id', 'SET NULL'),
        ('signups_export', 'requested_by_id', 'SET NULL'),
        ('signups_invitation', 'invited_by_id', 'SET NULL')
    ) AS listed (of_table, of_column, what) LOOP
        SELECT c.conname AS name, pg_get_constraintdef(c.oid) AS definition INTO STRICT key FROM pg_constraint AS c
          JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.conrelid = rule.of_table::regclass AND a.attname = rule.of_column;
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', rule.of_table, key.name, key.name,
            replace(regexp_replace(key.definition, ' ON DELETE (CASCADE|SET NULL)', ''), ' DEFERRABLE', ' ON DELETE ' || rule.what || ' DEFERRABLE'));
    END LOOP;
END $$;
