"""What is read and written of accounts and their sessions?

Whatever begins, renews or ends a session locks the account's row first: so a session that begins while all are ended is
either ended with them or does not begin.
"""

from __future__ import annotations

from typing import LiteralString

# The row is written in both cases, so that a known address costs what an unknown one does. A name counts until the
# address is proven: afterwards a stranger who knows the address cannot change it.
REGISTER: LiteralString = """
    WITH account AS (
        INSERT INTO signups_user AS known (email, name, password) VALUES (%(email)s, %(name)s, %(password)s)
        ON CONFLICT (email) DO UPDATE SET name = CASE
            WHEN known.confirmed_at IS NULL AND known.password LIKE '!%%' THEN excluded.name ELSE known.name END
        RETURNING id)
    INSERT INTO signups_outboxmessage (kind, payload)
    SELECT 'register', jsonb_build_object('user_id', id) FROM account
"""

FORGOT: LiteralString = """
    INSERT INTO signups_outboxmessage (kind, payload) VALUES ('reset', jsonb_build_object('email', %(email)s::text))
"""

ACCOUNT_OF_EMAIL: LiteralString = """
    SELECT id, password, token_version FROM signups_user WHERE email = %(email)s AND is_active
"""

ACCOUNT: LiteralString = "SELECT email, password, token_version FROM signups_user WHERE id = %(user_id)s"

ACCOUNT_OF_LINK: LiteralString = """
    SELECT account.id, account.email
      FROM signups_onetimetoken AS link JOIN signups_user AS account ON account.id = link.user_id
     WHERE link.token_hash = %(token_hash)s AND link.used_at IS NULL AND link.expires_at > now() AND account.is_active
"""

LOCK_ACCOUNT: LiteralString = """
    SELECT token_version FROM signups_user WHERE id = %(user_id)s AND is_active FOR NO KEY UPDATE
"""

LOCK_ACCOUNT_OF_SESSION: LiteralString = """
    SELECT id, token_version FROM signups_user
     WHERE id = (SELECT user_id FROM signups_refreshtoken WHERE token_hash = %(token_hash)s) AND is_active
       FOR NO KEY UPDATE
"""

USE_LINK: LiteralString = """
    UPDATE signups_onetimetoken SET used_at = now()
     WHERE token_hash = %(token_hash)s AND used_at IS NULL AND expires_at > now()
"""

# What lets the database set the password of staff too: see signups_keep_password_of_staff.
BRING_LINK: LiteralString = "SELECT set_config('slipway.mailed_token', %(token)s, true)"

CONFIRM: LiteralString = """
    UPDATE signups_user SET confirmed_at = coalesce(confirmed_at, now()) WHERE id = %(user_id)s
"""

LINK_MEMBERS: LiteralString = "SELECT signups_link_members(%(user_id)s)"

REPLACE_HASH: LiteralString = """
    UPDATE signups_user SET password = %(password)s WHERE id = %(user_id)s AND token_version = %(version)s
"""

END_LINKS: LiteralString = """
    UPDATE signups_onetimetoken SET used_at = now() WHERE user_id = %(user_id)s AND used_at IS NULL
"""

END_ACCESS: LiteralString = """
    UPDATE signups_user SET token_version = token_version + 1 WHERE id = %(user_id)s RETURNING token_version
"""

END_SESSIONS: LiteralString = """
    UPDATE signups_refreshtoken SET revoked_at = now() WHERE user_id = %(user_id)s AND revoked_at IS NULL
"""

ENTER: LiteralString = """
    UPDATE signups_user SET last_login = now() WHERE id = %(user_id)s AND token_version = %(version)s AND is_active
    RETURNING set_config('slipway.user_id', id::text, true)
"""

# A family's id is a UUIDv7: it says when the family began, also when its first tokens are long purged.
NEW_FAMILY: LiteralString = """
    INSERT INTO signups_refreshtoken (user_id, family, token_hash, expires_at, user_agent)
    VALUES (%(user_id)s, uuidv7(), %(token_hash)s, now() + %(idle)s, %(user_agent)s)
    RETURNING extract(epoch FROM expires_at - now())::integer AS seconds
"""

NEXT_IN_FAMILY: LiteralString = """
    INSERT INTO signups_refreshtoken (user_id, family, token_hash, expires_at, user_agent)
    SELECT user_id, family, %(token_hash)s,
           least(now() + %(idle)s, coalesce(uuid_extract_timestamp(family), issued_at) + %(longest)s), %(user_agent)s
      FROM signups_refreshtoken WHERE token_hash = %(used_hash)s
    RETURNING extract(epoch FROM expires_at - now())::integer AS seconds
"""

USE_SESSION: LiteralString = """
    UPDATE signups_refreshtoken SET used_at = now()
     WHERE token_hash = %(token_hash)s AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
"""

WAS_USED: LiteralString = """
    SELECT family FROM signups_refreshtoken WHERE token_hash = %(token_hash)s AND used_at IS NOT NULL
"""

END_FAMILY: LiteralString = """
    UPDATE signups_refreshtoken SET revoked_at = now() WHERE revoked_at IS NULL AND family = (
        SELECT family FROM signups_refreshtoken WHERE token_hash = %(token_hash)s)
"""

MARK_USER: LiteralString = "SELECT set_config('slipway.user_id', %(user_id)s::text, true)"
