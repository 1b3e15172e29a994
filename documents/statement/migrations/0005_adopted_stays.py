"""What hangs on clauses takes over the deliverables; and from now on what was adopted never changes.

The triggers fire for every role, whatever it sets (ENABLE ALWAYS), as those of the history do.
"""

from django.db import migrations

TAKE_OVER = """
INSERT INTO statement_clauselink (clause_id, deliverable_id)
    SELECT clause_id, deliverable_id FROM statement_clause_deliverables ORDER BY id;
DROP TABLE statement_clause_deliverables;
"""

# A version is written in one transaction: its row, its clauses, and last the seal. Afterwards the next version may end
# the time in which it is in force, once.
STAYS = """
CREATE FUNCTION statement_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.is_sealed AND (
        to_jsonb(NEW) - 'in_force' IS DISTINCT FROM to_jsonb(OLD) - 'in_force'
        OR lower(NEW.in_force) IS DISTINCT FROM lower(OLD.in_force)
        OR NOT upper_inf(OLD.in_force) AND NEW.in_force IS DISTINCT FROM OLD.in_force
    ) THEN
        RAISE EXCEPTION 'version % of the statement of work is adopted and stays as it is', OLD.number
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION statement_text_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_version bigint[] := CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.version_id]
        WHEN 'DELETE' THEN ARRAY[OLD.version_id]
        ELSE ARRAY[OLD.version_id, NEW.version_id] END;
BEGIN
    IF EXISTS (SELECT FROM statement_statementversion WHERE is_sealed AND id = ANY(of_version)) THEN
        RAISE EXCEPTION 'the clauses of an adopted version of the statement of work stay as they are: % is refused',
            TG_OP USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION statement_version_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_statementversion WHERE id = NEW.id AND NOT is_sealed) THEN
        RAISE EXCEPTION 'version % of the statement of work is not whole', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION statement_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was adopted is not emptied: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER adopted_version_stays BEFORE UPDATE OR DELETE ON statement_statementversion
    FOR EACH ROW EXECUTE FUNCTION statement_version_stays();
CREATE TRIGGER adopted_text_stays BEFORE INSERT OR UPDATE OR DELETE ON statement_clausetext
    FOR EACH ROW EXECUTE FUNCTION statement_text_stays();
CREATE CONSTRAINT TRIGGER adopted_version_is_whole AFTER INSERT ON statement_statementversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION statement_version_is_whole();
CREATE TRIGGER adopted_not_emptied BEFORE TRUNCATE ON statement_statementversion
    FOR EACH STATEMENT EXECUTE FUNCTION statement_not_emptied();
CREATE TRIGGER adopted_not_emptied BEFORE TRUNCATE ON statement_clausetext
    FOR EACH STATEMENT EXECUTE FUNCTION statement_not_emptied();
ALTER TABLE statement_statementversion ENABLE ALWAYS TRIGGER adopted_version_stays,
    ENABLE ALWAYS TRIGGER adopted_version_is_whole, ENABLE ALWAYS TRIGGER adopted_not_emptied;
ALTER TABLE statement_clausetext ENABLE ALWAYS TRIGGER adopted_text_stays, ENABLE ALWAYS TRIGGER adopted_not_emptied;
"""

CHANGES = """
DROP TRIGGER adopted_version_stays ON statement_statementversion;
DROP TRIGGER adopted_text_stays ON statement_clausetext;
DROP TRIGGER adopted_version_is_whole ON statement_statementversion;
DROP TRIGGER adopted_not_emptied ON statement_statementversion;
DROP TRIGGER adopted_not_emptied ON statement_clausetext;
DROP FUNCTION statement_version_stays, statement_text_stays, statement_version_is_whole, statement_not_emptied;
"""


class Migration(migrations.Migration):
    """Triggers on adopted versions and their clauses."""

    dependencies = [("statement", "0004_drafts")]

    operations = [
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        migrations.RunSQL(STAYS, CHANGES),
    ]
