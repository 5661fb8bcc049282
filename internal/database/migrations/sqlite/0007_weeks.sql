-- A deadline that belongs to a week can be missed: the week is over, and nobody did
-- it. listed is the key of the message, if any, in which somebody was told that it
-- passed, together with others that did at the same moment.
CREATE TABLE deadlines_anew (
    id            TEXT PRIMARY KEY,
    page          TEXT NOT NULL,
    page_title    TEXT NOT NULL,
    action        TEXT NOT NULL CHECK (action <> ''),
    label         TEXT NOT NULL,
    event         TEXT NOT NULL,
    who           TEXT NOT NULL,
    span          TEXT NOT NULL,
    remind        TEXT NOT NULL CHECK (json_valid(remind)),
    escalate      TEXT NOT NULL,
    repeats       INTEGER NOT NULL CHECK (repeats >= 0),
    done_with     TEXT NOT NULL,
    playbook      TEXT NOT NULL,
    subject       TEXT NOT NULL CHECK (subject <> ''),
    start_key     TEXT NOT NULL,
    lead          TEXT NOT NULL,
    title         TEXT NOT NULL,
    person        TEXT NOT NULL CHECK (person <> ''),
    turn          INTEGER NOT NULL CHECK (turn >= 1),
    started_at    INTEGER NOT NULL,
    counted_from  INTEGER NOT NULL,
    left_ms       INTEGER,
    due_at        INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'paused', 'done', 'closed', 'missed')),
    paused_at     INTEGER,
    snoozed_until INTEGER NOT NULL,
    handled_until INTEGER NOT NULL,
    repeated      INTEGER NOT NULL CHECK (repeated >= 0),
    bell          INTEGER NOT NULL CHECK (bell >= 1),
    escalated_at  INTEGER,
    abandoned_at  INTEGER,
    ended_at      INTEGER,
    ended_by      TEXT NOT NULL,
    late_ms       INTEGER NOT NULL CHECK (late_ms >= 0),
    generation    INTEGER NOT NULL CHECK (generation >= 0),
    next_at       INTEGER,
    UNIQUE (page, action, subject, start_key),
    CHECK ((state = 'paused') = (paused_at IS NOT NULL)),
    CHECK ((state IN ('done', 'closed', 'missed')) = (ended_at IS NOT NULL))
) STRICT;
INSERT INTO deadlines_anew (
    id, page, page_title, action, label, event, who, span, remind, escalate, repeats, done_with, playbook,
    subject, start_key, lead, title, person, turn, started_at, counted_from, left_ms, due_at, state, paused_at,
    snoozed_until, handled_until, repeated, bell, escalated_at, abandoned_at, ended_at, ended_by, late_ms,
    generation, next_at)
SELECT
    id, page, page_title, action, label, event, who, span, remind, escalate, repeats, done_with, playbook,
    subject, start_key, lead, title, person, turn, started_at, counted_from, left_ms, due_at, state, paused_at,
    snoozed_until, handled_until, repeated, bell, escalated_at, abandoned_at, ended_at, ended_by, late_ms,
    generation, next_at
FROM deadlines;
DROP TABLE deadlines;
ALTER TABLE deadlines_anew RENAME TO deadlines;
CREATE INDEX deadlines_subject ON deadlines (subject);
CREATE INDEX deadlines_person ON deadlines (person, due_at) WHERE state IN ('open', 'paused');
CREATE INDEX deadlines_running ON deadlines (id) WHERE state IN ('open', 'paused');
CREATE INDEX deadlines_ended ON deadlines (ended_at, state);
CREATE INDEX deadlines_due ON deadlines (due_at, id) WHERE state = 'open';

CREATE TABLE deadline_tellings_anew (
    deadline TEXT NOT NULL REFERENCES deadlines (id),
    turn     INTEGER NOT NULL,
    person   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    listed   TEXT NOT NULL,
    PRIMARY KEY (deadline, turn, person)
) STRICT;
INSERT INTO deadline_tellings_anew (deadline, turn, person, at, listed) SELECT deadline, turn, person, at, '' FROM deadline_tellings;
DROP TABLE deadline_tellings;
ALTER TABLE deadline_tellings_anew RENAME TO deadline_tellings;
CREATE INDEX deadlines_next ON deadlines (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX deadline_tellings_listed ON deadline_tellings (listed) WHERE listed <> '';

-- Reminders that came due at one moment stand in one message, of that key: those
-- of that turn and bell. A later bell rings in another message.
CREATE TABLE deadline_lists (
    list     TEXT NOT NULL,
    deadline TEXT NOT NULL REFERENCES deadlines (id),
    turn     INTEGER NOT NULL,
    bell     INTEGER NOT NULL,
    PRIMARY KEY (list, deadline)
) STRICT;
CREATE INDEX deadline_lists_deadline ON deadline_lists (deadline, turn, bell);

-- Who works on what: a claim that names a bot that is gone is taken up at once.
CREATE INDEX outbox_leased ON outbox (lease) WHERE lease <> '';

-- What somebody handed in with the form that ends a timed action. submission is
-- made when the form is opened: the same form sent twice is one report.
CREATE TABLE reports (
    id         TEXT PRIMARY KEY,
    deadline   TEXT NOT NULL REFERENCES deadlines (id),
    form       TEXT NOT NULL CHECK (form <> ''),
    playbook   TEXT NOT NULL,
    person     TEXT NOT NULL CHECK (person <> ''),
    at         INTEGER NOT NULL,
    answers    TEXT NOT NULL CHECK (json_valid(answers)),
    submission TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX reports_deadline ON reports (deadline);
