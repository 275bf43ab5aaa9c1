-- How many mails went out in the last 24 hours to people who did not just ask for one: see api/shared/quota.py. Asked
-- after the organization's row is locked, so that two at the same moment do not both see what was before.
CREATE FUNCTION signups_mails_of_organization(of_organization bigint) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT (SELECT count(*) FROM signups_invitation AS invitation
             WHERE invitation.organization_id = of_organization AND invitation.created_at > now() - interval '24 hours')::integer
         + (SELECT coalesce(sum(coalesce(announcement.recipients, announcement.expected, 0)), 0)
              FROM signups_announcement AS announcement
             WHERE announcement.organization_id = of_organization
               AND announcement.created_at > now() - interval '24 hours')::integer;
$$;

-- As the owner: an account may write in many organizations, of which the API sees one at a time. It says one number.
CREATE FUNCTION signups_mails_of_account(of_account bigint) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT (SELECT count(*) FROM signups_member AS member JOIN signups_invitation AS invitation
                ON invitation.organization_id = member.organization_id AND invitation.invited_by_id = member.id
             WHERE member.user_id = of_account AND invitation.created_at > now() - interval '24 hours')::integer
         + (SELECT coalesce(sum(coalesce(announcement.recipients, announcement.expected, 0)), 0)
              FROM signups_member AS member JOIN signups_announcement AS announcement
                ON announcement.organization_id = member.organization_id AND announcement.author_id = member.id
             WHERE member.user_id = of_account AND announcement.created_at > now() - interval '24 hours')::integer;
$$;

-- Note that somebody said yes, and tell them what was done for them meanwhile. Returns false when they had said so before.
CREATE FUNCTION signups_confirm(of_member bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE signups_member SET confirmed_at = now() WHERE id = of_member AND confirmed_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM signups_tell(one.organization_id, 'signed_up', one.id) FROM signups_signup AS one
       JOIN signups_shift AS shift ON shift.id = one.shift_id
      WHERE one.member_id = of_member AND one.state <> 'cancelled' AND shift.ends_at > now();
    RETURN true;
END $$;

-- Who may give an account of staff another password? The owner of the tables, which is admin and its commands. The API
-- may when it brings the token of a mailed link: it knows hashes alone, so only who has the mail can bring one.
CREATE FUNCTION signups_keep_password_of_staff() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') AND NOT EXISTS (
        SELECT FROM signups_onetimetoken AS link WHERE link.user_id = OLD.id AND link.expires_at > now()
           AND link.token_hash = sha256(convert_to(current_setting('slipway.mailed_token', true), 'UTF8'))) THEN
        RAISE EXCEPTION 'an account of staff gets another password in admin, or by a mailed link' USING ERRCODE = 'SU003';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER password_of_staff BEFORE UPDATE OF password ON signups_user FOR EACH ROW
    WHEN ((OLD.is_staff OR OLD.is_superuser) AND OLD.password IS DISTINCT FROM NEW.password)
    EXECUTE FUNCTION signups_keep_password_of_staff();
