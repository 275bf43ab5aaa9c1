-- Who learns that a shift has moved? Everybody who is signed up for it, whichever program moves it: so triggers, and not
-- one more call that each of them has to remember. A message holds what was before; what is now is read when it is sent.

-- Several corrections are one mail: it goes out a little later, each of them puts it off, and what was before stays what
-- people know. One that is being sent right now is locked and may tell what has just been replaced, so another follows.
CREATE FUNCTION signups_tell_moved(
    of_shift bigint, old_starts_at timestamptz, old_ends_at timestamptz, old_location text) RETURNS void
LANGUAGE sql AS $$
    WITH live AS (
        SELECT id, organization_id FROM signups_signup WHERE shift_id = of_shift AND state <> 'cancelled'
    ), waiting AS (
        SELECT message.id, (message.payload ->> 'sign_up_id')::bigint AS sign_up_id
          FROM signups_outboxmessage AS message
         WHERE message.kind = 'moved' AND message.state = 'pending'
           AND (message.payload ->> 'sign_up_id')::bigint IN (SELECT id FROM live) FOR UPDATE SKIP LOCKED
    ), put_off AS (
        UPDATE signups_outboxmessage SET due_at = greatest(
            due_at, least(now() + interval '3 minutes', created_at + interval '15 minutes'))
         WHERE id IN (SELECT id FROM waiting)
    )
    INSERT INTO signups_outboxmessage (organization_id, kind, due_at, payload)
    SELECT organization_id, 'moved', now() + interval '3 minutes', jsonb_build_object('sign_up_id', id,
           'starts_at', old_starts_at, 'ends_at', old_ends_at, 'location', old_location)
      FROM live WHERE id NOT IN (SELECT sign_up_id FROM waiting) ORDER BY id;
$$;

-- As the owner, because the API may not say when a message is due. Whose rows these are, the change itself was asked.
CREATE FUNCTION signups_shift_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    -- One that was over and moves ahead counts, and so does one that moves to where it is over: people would come.
    IF greatest(OLD.ends_at, NEW.ends_at) > now() THEN
        PERFORM signups_tell_moved(NEW.id, OLD.starts_at, OLD.ends_at, event.location) FROM signups_event AS event
          WHERE event.id = NEW.event_id AND event.state = 'published';
    END IF;
    -- Beyond the day in which reminders go out (`signups/reminders.py`): one that went out already reminds of nothing.
    IF NEW.starts_at > now() + interval '24 hours' THEN
        UPDATE signups_signup SET reminded_at = NULL WHERE shift_id = NEW.id AND reminded_at IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION signups_event_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM signups_tell_moved(shift.id, shift.starts_at, shift.ends_at, OLD.location) FROM signups_shift AS shift
      WHERE shift.event_id = NEW.id AND shift.ends_at > now();
    RETURN NULL;
END $$;

-- By the minute, as people read it: admin's forms drop what is below a second.
CREATE TRIGGER shift_moved AFTER UPDATE OF starts_at, ends_at ON signups_shift FOR EACH ROW
    WHEN (date_trunc('minute', OLD.starts_at) <> date_trunc('minute', NEW.starts_at)
       OR date_trunc('minute', OLD.ends_at) <> date_trunc('minute', NEW.ends_at))
    EXECUTE FUNCTION signups_shift_moved();

CREATE TRIGGER event_moved AFTER UPDATE OF location ON signups_event FOR EACH ROW
    WHEN (NEW.state = 'published' AND OLD.location IS DISTINCT FROM NEW.location)
    EXECUTE FUNCTION signups_event_moved();
