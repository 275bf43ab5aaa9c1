-- Whose rows may be seen? The second wall behind the conditions in every query: it holds for the role of the API, and for
-- GraphQL, which takes that role. The owner of the tables (migrations, admin, the worker) is not held by it.
-- Both settings belong to one transaction: set_config(..., true).

CREATE FUNCTION slipway_user_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('slipway.user_id', true), '')::bigint $$;

CREATE FUNCTION slipway_organization_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('slipway.organization_id', true), '')::bigint $$;

ALTER TABLE signups_organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_shift ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_signup ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_announcement ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_export ENABLE ROW LEVEL SECURITY;
ALTER TABLE signups_outboxmessage ENABLE ROW LEVEL SECURITY;

-- What an organization says of itself is public; an account may found one.
CREATE POLICY public_profile ON signups_organization FOR SELECT USING (true);
CREATE POLICY founded ON signups_organization FOR INSERT WITH CHECK (slipway_user_id() IS NOT NULL);
CREATE POLICY own_organization ON signups_organization FOR UPDATE USING (id = (SELECT slipway_organization_id()));

-- An event that was published, and its shifts, can be seen by everyone.
CREATE POLICY published ON signups_event FOR SELECT USING (state IN ('published', 'cancelled'));
CREATE POLICY own_organization ON signups_event USING (organization_id = (SELECT slipway_organization_id()));
CREATE POLICY of_visible_event ON signups_shift FOR SELECT
    USING (EXISTS (SELECT FROM signups_event AS event WHERE event.id = event_id));
CREATE POLICY own_organization ON signups_shift USING (organization_id = (SELECT slipway_organization_id()));

-- People: those of the organization one works in, and oneself everywhere.
CREATE POLICY oneself ON signups_member FOR SELECT USING (user_id = (SELECT slipway_user_id()));
CREATE POLICY own_organization ON signups_member USING (organization_id = (SELECT slipway_organization_id()));
CREATE POLICY own_sign_ups ON signups_signup FOR SELECT USING (member_id IN (
    SELECT member.id FROM signups_member AS member WHERE member.user_id = (SELECT slipway_user_id())));
CREATE POLICY own_organization ON signups_signup USING (organization_id = (SELECT slipway_organization_id()));

CREATE POLICY own_organization ON signups_invitation USING (organization_id = (SELECT slipway_organization_id()));
CREATE POLICY own_organization ON signups_announcement USING (organization_id = (SELECT slipway_organization_id()));
CREATE POLICY own_organization ON signups_export USING (organization_id = (SELECT slipway_organization_id()));

-- What concerns an account alone (a new password) belongs to no organization: written, never read.
CREATE POLICY own_organization ON signups_outboxmessage USING (organization_id = (SELECT slipway_organization_id()));
CREATE POLICY of_no_organization ON signups_outboxmessage FOR INSERT WITH CHECK (organization_id IS NULL);

-- Where a token or an address leads, before it is known into which organization: each answers one question, as the owner.
CREATE FUNCTION signups_organization_of_invitation(hash bytea) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
    $$ SELECT organization_id FROM signups_invitation WHERE token_hash = hash $$;

CREATE FUNCTION signups_organization_of_sign_up(of_sign_up bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
    $$ SELECT organization_id FROM signups_signup WHERE id = of_sign_up $$;

-- An account whose address is proven takes over what was done under that address. Returns how many memberships that is.
CREATE FUNCTION signups_link_members(to_user bigint) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH linked AS (
        UPDATE signups_member AS member SET user_id = account.id FROM signups_user AS account
         WHERE account.id = to_user AND account.confirmed_at IS NOT NULL
           AND member.email = account.email AND member.user_id IS NULL AND NOT EXISTS (
               SELECT FROM signups_member AS other
                WHERE other.organization_id = member.organization_id AND other.user_id = account.id) RETURNING 1)
    SELECT count(*)::integer FROM linked $$;

-- Where a waiting sign-up stands in its list; who waits before is out of sight for whoever asks. Null when not waiting.
CREATE FUNCTION signups_place(of_sign_up bigint) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT count(*)::integer FROM signups_signup AS mine
      JOIN signups_signup AS other ON other.shift_id = mine.shift_id AND other.state = 'waiting'
       AND (other.created_at, other.id) <= (mine.created_at, mine.id)
     WHERE mine.id = of_sign_up AND mine.state = 'waiting' HAVING count(*) > 0 $$;
