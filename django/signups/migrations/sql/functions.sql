-- Who gets a place? Asked by the API, admin and GraphQL alike. Each function locks the event's row first: whoever signs
-- up, cancels or changes a shift of an event does it one after the other, and sees what the one before did.

CREATE FUNCTION signups_tell(about_organization bigint, about text, about_sign_up bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO signups_outboxmessage (organization_id, kind, payload)
    VALUES (about_organization, about, jsonb_build_object('sign_up_id', about_sign_up));
$$;

-- Count a shift and its event again; while there are places, give them to those who wait. Returns how many got one.
CREATE FUNCTION signups_settle(of_shift bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    the_shift signups_shift;
    the_event signups_event;
    confirmed integer;
    lucky bigint[];
    promoted integer := 0;
BEGIN
    SELECT event.* INTO the_event FROM signups_event AS event
      JOIN signups_shift AS shift ON shift.event_id = event.id WHERE shift.id = of_shift FOR NO KEY UPDATE OF event;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT * INTO the_shift FROM signups_shift WHERE id = of_shift;
    SELECT count(*) INTO confirmed FROM signups_signup WHERE shift_id = of_shift AND state = 'confirmed';
    IF the_event.state = 'published' AND the_shift.ends_at > now() AND confirmed < the_shift.capacity THEN
        SELECT array_agg(next.id) INTO lucky FROM (
            SELECT id FROM signups_signup WHERE shift_id = of_shift AND state = 'waiting'
             ORDER BY created_at, id LIMIT the_shift.capacity - confirmed) AS next;
        UPDATE signups_signup SET state = 'confirmed' WHERE id = ANY (lucky);
        promoted := coalesce(array_length(lucky, 1), 0);
        -- Who signed up in this very transaction is told by `signups_sign_up` that there was a place at once.
        PERFORM signups_tell(the_shift.organization_id, 'promoted', id) FROM unnest(lucky) AS id
          WHERE id::text IS DISTINCT FROM nullif(current_setting('slipway.signing_up', true), '');
    END IF;
    UPDATE signups_shift SET taken = confirmed + promoted, waiting = (
        SELECT count(*) FROM signups_signup WHERE shift_id = of_shift AND state = 'waiting') WHERE id = of_shift;
    PERFORM signups_count_event(the_event.id);
    RETURN promoted;
END $$;

-- Add an event's shifts up. Its own function, because deleting a shift leaves none to settle.
CREATE FUNCTION signups_count_event(of_event bigint) RETURNS void
LANGUAGE sql AS $$
    UPDATE signups_event SET (capacity, taken, free) = (
        SELECT coalesce(sum(shift.capacity), 0), coalesce(sum(shift.taken), 0),
               coalesce(sum(greatest(shift.capacity - shift.taken, 0)), 0)
          FROM signups_shift AS shift WHERE shift.event_id = of_event)
     WHERE id = of_event;
$$;

-- Put a person into a shift, or at the end of its waiting list. `place` counts from 1 among those who wait.
CREATE FUNCTION signups_sign_up(of_shift bigint, of_member bigint)
RETURNS TABLE (sign_up_id bigint, state text, place integer, is_new boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    the_event signups_event;
    the_shift signups_shift;
    mine signups_signup;
    fresh boolean := false;
BEGIN
    SELECT event.* INTO the_event FROM signups_event AS event
      JOIN signups_shift AS shift ON shift.event_id = event.id WHERE shift.id = of_shift FOR NO KEY UPDATE OF event;
    SELECT * INTO the_shift FROM signups_shift WHERE id = of_shift;
    IF the_shift.id IS NULL OR the_event.state IS DISTINCT FROM 'published' OR the_shift.ends_at <= now() THEN
        RAISE EXCEPTION 'this shift takes no sign-ups' USING ERRCODE = 'SU001';
    END IF;
    IF NOT EXISTS (SELECT FROM signups_member AS member
                    WHERE member.id = of_member AND member.organization_id = the_shift.organization_id) THEN
        RAISE EXCEPTION 'this person is not in the organization of the shift' USING ERRCODE = 'SU002';
    END IF;
    SELECT * INTO mine FROM signups_signup AS one
     WHERE one.shift_id = of_shift AND one.member_id = of_member AND one.state <> 'cancelled';
    IF mine.id IS NULL THEN
        fresh := true;
        -- clock_timestamp: behind the lock it is later than that of everybody who came before.
        INSERT INTO signups_signup (organization_id, shift_id, member_id, state, created_at)
        VALUES (the_shift.organization_id, of_shift, of_member, 'waiting', clock_timestamp()) RETURNING * INTO mine;
        PERFORM set_config('slipway.signing_up', mine.id::text, true);
        PERFORM signups_settle(of_shift);
        PERFORM set_config('slipway.signing_up', '', true);
        PERFORM signups_tell(the_shift.organization_id, 'signed_up', mine.id);
        SELECT * INTO mine FROM signups_signup AS one WHERE one.id = mine.id;
    END IF;
    RETURN QUERY SELECT mine.id, mine.state::text, CASE WHEN mine.state = 'waiting' THEN (
        SELECT count(*)::integer FROM signups_signup AS other WHERE other.shift_id = of_shift
           AND other.state = 'waiting' AND (other.created_at, other.id) <= (mine.created_at, mine.id)) END, fresh;
END $$;

-- Take a sign-up back, and give its place to the next. Returns false when it was cancelled before, or is not there.
CREATE FUNCTION signups_cancel(of_sign_up bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    mine signups_signup;
BEGIN
    PERFORM 1 FROM signups_event AS event JOIN signups_shift AS shift ON shift.event_id = event.id
       JOIN signups_signup AS one ON one.shift_id = shift.id WHERE one.id = of_sign_up FOR NO KEY UPDATE OF event;
    UPDATE signups_signup SET state = 'cancelled', cancelled_at = now()
     WHERE id = of_sign_up AND state <> 'cancelled' RETURNING * INTO mine;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM signups_settle(mine.shift_id);
    PERFORM signups_tell(mine.organization_id, 'cancelled', mine.id);
    RETURN true;
END $$;
