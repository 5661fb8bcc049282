-- What somebody has to do, and by when: a timed action of the playbook whose
-- clock an event started. It goes by the action as it was written then; hours and
-- holidays are those in force. turn counts the people who had it. Due is counted
-- from counted_from: the whole span, or, after a pause, what was left of it.
-- handled_until is up to when reminders are dealt with, repeated how many of them
-- came after the deadline, bell counts the messages that a snooze rang anew.
-- generation names the outbox row that looks at it next, at next_at.
CREATE TABLE deadlines (
    id            TEXT COLLATE "C" PRIMARY KEY,
    page          TEXT COLLATE "C" NOT NULL,
    page_title    TEXT COLLATE "C" NOT NULL,
    action        TEXT COLLATE "C" NOT NULL CHECK (action <> ''),
    label         TEXT COLLATE "C" NOT NULL,
    event         TEXT COLLATE "C" NOT NULL,
    who           TEXT COLLATE "C" NOT NULL,
    span          TEXT COLLATE "C" NOT NULL,
    remind        TEXT COLLATE "C" NOT NULL CHECK (remind::json IS NOT NULL),
    escalate      TEXT COLLATE "C" NOT NULL,
    repeats       BIGINT NOT NULL CHECK (repeats >= 0),
    done_with     TEXT COLLATE "C" NOT NULL,
    playbook      TEXT COLLATE "C" NOT NULL,
    subject       TEXT COLLATE "C" NOT NULL CHECK (subject <> ''),
    start_key     TEXT COLLATE "C" NOT NULL,
    lead          TEXT COLLATE "C" NOT NULL,
    title         TEXT COLLATE "C" NOT NULL,
    person        TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    turn          BIGINT NOT NULL CHECK (turn >= 1),
    started_at    BIGINT NOT NULL,
    counted_from  BIGINT NOT NULL,
    left_ms       BIGINT,
    due_at        BIGINT NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'paused', 'done', 'closed')),
    paused_at     BIGINT,
    snoozed_until BIGINT NOT NULL,
    handled_until BIGINT NOT NULL,
    repeated      BIGINT NOT NULL CHECK (repeated >= 0),
    bell          BIGINT NOT NULL CHECK (bell >= 1),
    escalated_at  BIGINT,
    abandoned_at  BIGINT,
    ended_at      BIGINT,
    ended_by      TEXT COLLATE "C" NOT NULL,
    late_ms       BIGINT NOT NULL CHECK (late_ms >= 0),
    generation    BIGINT NOT NULL CHECK (generation >= 0),
    next_at       BIGINT,
    UNIQUE (page, action, subject, start_key),
    CHECK ((state = 'paused') = (paused_at IS NOT NULL)),
    CHECK ((state IN ('done', 'closed')) = (ended_at IS NOT NULL))
);
CREATE INDEX deadlines_subject ON deadlines (subject);
CREATE INDEX deadlines_person ON deadlines (person, due_at) WHERE state IN ('open', 'paused');
CREATE INDEX deadlines_running ON deadlines (id) WHERE state IN ('open', 'paused');
CREATE INDEX deadlines_ended ON deadlines (ended_at, state);

-- Who was told that a deadline passed: each once a turn.
CREATE TABLE deadline_tellings (
    deadline TEXT COLLATE "C" NOT NULL REFERENCES deadlines (id),
    turn     BIGINT NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (deadline, turn, person)
);
