"""When a notice goes: the one rule, as functions of the database, so that it is asked for any number of rows at once.

Local times are those of the person's zone; what happens on the days on which clocks change is said where it matters.
"""

from django.db import migrations

ZONE = """
CREATE FUNCTION notice_zone(named text, fallback text) RETURNS text LANGUAGE plpgsql STABLE AS $$
-- The zone, or `fallback` where this server doesn't know it: one such person must not stop the others' mail.
BEGIN
    PERFORM now() AT TIME ZONE named;
    RETURN named;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN fallback;
END $$
"""

IS_QUIET = """
CREATE FUNCTION notice_is_quiet(wall time, starts time, ends time) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
-- Whether a time of day lies in quiet hours, which may pass midnight; `starts` is in them, `ends` is not.
SELECT CASE WHEN starts IS NULL THEN false
            WHEN starts < ends THEN wall >= starts AND wall < ends
            ELSE wall >= starts OR wall < ends END
$$
"""

IS_WORKING = """
CREATE FUNCTION notice_is_working(day date, days smallint[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
-- Whether a day is among the days of the week (1 is Monday); NULL means all of them.
SELECT days IS NULL OR extract(isodow FROM day)::smallint = ANY (days)
$$
"""

AFTER_QUIET = """
CREATE FUNCTION notice_after_quiet(
    moment timestamptz, zone text, starts time, ends time, days smallint[]
) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
-- The moment itself, or when the quiet time ends in which it lies. A day off ends at 08:00 of the next working day,
-- or, where that is in quiet hours, when these end on that day.
DECLARE
    wall timestamp;
    day date;
    next_day date;
    free timestamp;
    found timestamptz;
    is_quiet boolean;
    is_working boolean;
BEGIN
    -- Once is enough but where a clock was changed meanwhile: then what was found is looked at again.
    FOR attempt IN 1..10 LOOP
        wall := moment AT TIME ZONE zone;
        day := wall::date;
        is_quiet := notice_is_quiet(wall::time, starts, ends);
        is_working := notice_is_working(day, days);
        IF is_working AND NOT is_quiet THEN
            RETURN moment;
        END IF;
        IF is_working AND (starts < ends OR wall::time < ends) THEN
            free := day + ends;
        ELSE
            next_day := day + 1;
            WHILE NOT notice_is_working(next_day, days) LOOP
                next_day := next_day + 1;
            END LOOP;
            IF is_working AND next_day = day + 1 OR notice_is_quiet('08:00', starts, ends) THEN
                free := next_day + ends;
            ELSE
                free := next_day + time '08:00';
            END IF;
        END IF;
        found := free AT TIME ZONE zone;
        -- A local time that is there twice may be taken for its first, which is over.
        moment := CASE WHEN found > moment THEN found ELSE moment + (free - wall) END;
    END LOOP;
    RETURN moment;
END $$
"""

DIGEST_HOUR = """
CREATE FUNCTION notice_digest_hour(
    moment timestamptz, period text, zone text, days smallint[]
) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
-- The first digest at the moment or after it: at 08:30 of each working day, or of the first one of each week.
DECLARE
    day date := (moment AT TIME ZONE zone)::date;
    first_of_week date;
    hour timestamptz;
BEGIN
    LOOP
        IF notice_is_working(day, days) THEN
            first_of_week := date_trunc('week', day)::date;
            WHILE NOT notice_is_working(first_of_week, days) LOOP
                first_of_week := first_of_week + 1;
            END LOOP;
            hour := (day + time '08:30') AT TIME ZONE zone;
            IF hour >= moment AND (period = 'daily' OR day = first_of_week) THEN
                RETURN hour;
            END IF;
        END IF;
        day := day + 1;
    END LOOP;
END $$
"""

PLAN = """
CREATE FUNCTION notice_plan(
    wanted text, due timestamptz, useless timestamptz, moment timestamptz, not_before timestamptz,
    named_zone text, fallback text, starts time, ends time, days smallint[]
) RETURNS notice_planned LANGUAGE plpgsql STABLE AS $$
-- How a notice goes that is wanted so, and until when it is held (NULL: not at all), as planned at the moment.
DECLARE
    zone text;
    latest timestamptz := useless - interval '1 hour';
    begins timestamptz := greatest(due, moment);
    held timestamptz;
BEGIN
    IF wanted = 'off' THEN
        RETURN ROW(wanted, NULL::timestamptz);
    END IF;
    zone := notice_zone(named_zone, fallback);
    IF wanted IN ('daily', 'weekly') THEN
        held := notice_digest_hour(greatest(due, not_before), wanted, zone, days);
        held := notice_after_quiet(greatest(held, moment), zone, starts, ends, days);
        IF latest IS NULL OR held <= latest THEN
            RETURN ROW(wanted, held);
        END IF;
        -- The digest would come too late, so it goes alone.
    END IF;
    held := notice_after_quiet(begins, zone, starts, ends, days);
    -- Rather in quiet time than never.
    IF held = begins OR held > latest THEN
        held := NULL;
    END IF;
    RETURN ROW('at_once'::text, held);
END $$
"""

PERIOD = """
CREATE FUNCTION notice_period(moment timestamptz, period text, named_zone text, fallback text)
RETURNS text LANGUAGE sql STABLE AS $$
-- The day, or the Monday of the week, on which a digest goes that goes at the moment: 2018-07-20.
SELECT to_char(
    date_trunc(CASE period WHEN 'weekly' THEN 'week' ELSE 'day' END,
               moment AT TIME ZONE notice_zone(named_zone, fallback)),
    'YYYY-MM-DD'
)
$$
"""

FUNCTIONS = {
    "notice_zone(text, text)": ZONE,
    "notice_is_quiet(time, time, time)": IS_QUIET,
    "notice_is_working(date, smallint[])": IS_WORKING,
    "notice_after_quiet(timestamptz, text, time, time, smallint[])": AFTER_QUIET,
    "notice_digest_hour(timestamptz, text, text, smallint[])": DIGEST_HOUR,
    "notice_plan(text, timestamptz, timestamptz, timestamptz, timestamptz, text, text, time, time, smallint[])": PLAN,
    "notice_period(timestamptz, text, text, text)": PERIOD,
}


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_choices")]

    operations = [
        migrations.RunSQL(
            "CREATE TYPE notice_planned AS (way text, held_until timestamptz)", "DROP TYPE notice_planned"
        ),
        *(migrations.RunSQL(created, f"DROP FUNCTION {signature}") for signature, created in FUNCTIONS.items()),
    ]
