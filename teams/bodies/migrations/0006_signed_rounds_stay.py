"""A round of recertification that was signed off never changes, and neither do its decisions.

The triggers fire for every role, whatever it sets (ENABLE ALWAYS), as those of the history do.
"""

from django.db import migrations

# Decisions hold the lock of their round while they are written, so that a signature waits for them, or they for it.
STAYS = """
CREATE FUNCTION bodies_round_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.signed_off_at IS NOT NULL THEN
        RAISE EXCEPTION 'round % of recertification is signed off and stays as it is: % is refused', OLD.id, TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION bodies_decision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_round bigint[] := CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.round_id]
        WHEN 'DELETE' THEN ARRAY[OLD.round_id]
        ELSE ARRAY[OLD.round_id, NEW.round_id] END;
    signed timestamptz[];
BEGIN
    SELECT array_agg(locked.signed_off_at) FROM (
        SELECT signed_off_at FROM bodies_accessround WHERE id = ANY(of_round) ORDER BY id FOR SHARE
    ) AS locked INTO signed;
    IF EXISTS (SELECT FROM unnest(signed) AS each WHERE each IS NOT NULL) THEN
        RAISE EXCEPTION 'the decisions of a round of recertification that is signed off stay as they are: % is refused',
            TG_OP USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION bodies_rounds_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was signed off is not emptied: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER signed_round_stays BEFORE UPDATE OR DELETE ON bodies_accessround
    FOR EACH ROW EXECUTE FUNCTION bodies_round_stays();
CREATE TRIGGER signed_decision_stays BEFORE INSERT OR UPDATE OR DELETE ON bodies_accessdecision
    FOR EACH ROW EXECUTE FUNCTION bodies_decision_stays();
CREATE TRIGGER signed_not_emptied BEFORE TRUNCATE ON bodies_accessround
    FOR EACH STATEMENT EXECUTE FUNCTION bodies_rounds_not_emptied();
CREATE TRIGGER signed_not_emptied BEFORE TRUNCATE ON bodies_accessdecision
    FOR EACH STATEMENT EXECUTE FUNCTION bodies_rounds_not_emptied();
ALTER TABLE bodies_accessround ENABLE ALWAYS TRIGGER signed_round_stays, ENABLE ALWAYS TRIGGER signed_not_emptied;
ALTER TABLE bodies_accessdecision ENABLE ALWAYS TRIGGER signed_decision_stays,
    ENABLE ALWAYS TRIGGER signed_not_emptied;
"""

CHANGES = """
DROP TRIGGER signed_round_stays ON bodies_accessround;
DROP TRIGGER signed_decision_stays ON bodies_accessdecision;
DROP TRIGGER signed_not_emptied ON bodies_accessround;
DROP TRIGGER signed_not_emptied ON bodies_accessdecision;
DROP FUNCTION bodies_round_stays, bodies_decision_stays, bodies_rounds_not_emptied;
"""


class Migration(migrations.Migration):
    """Triggers on rounds of recertification and their decisions."""

    dependencies = [("bodies", "0005_absence")]

    operations = [migrations.RunSQL(STAYS, CHANGES)]
