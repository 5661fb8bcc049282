-- What somebody has to do, and by when: a timed action of the playbook whose
-- clock an event started. It goes by the action as it was written then; hours and
-- holidays are those in force. turn counts the people who had it. Due is counted
-- from counted_from: the whole span, or, after a pause, what was left of it.
-- handled_until is up to when reminders are dealt with, repeated how many of them
-- came after the deadline, bell counts the messages that a snooze rang anew.
-- generation names the outbox row that looks at it next, at next_at.
CREATE TABLE deadlines (
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
    state         TEXT NOT NULL CHECK (state IN ('open', 'paused', 'done', 'closed')),
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
    CHECK ((state IN ('done', 'closed')) = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX deadlines_subject ON deadlines (subject);
CREATE INDEX deadlines_person ON deadlines (person, due_at) WHERE state IN ('open', 'paused');
CREATE INDEX deadlines_running ON deadlines (id) WHERE state IN ('open', 'paused');
CREATE INDEX deadlines_ended ON deadlines (ended_at, state);

-- Who was told that a deadline passed: each once a turn.
CREATE TABLE deadline_tellings (
    deadline TEXT NOT NULL REFERENCES deadlines (id),
    turn     INTEGER NOT NULL,
    person   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (deadline, turn, person)
) STRICT;
