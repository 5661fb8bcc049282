-- A deadline that belongs to a week can be missed: the week is over, and nobody did
-- it. listed is the key of the message, if any, in which somebody was told that it
-- passed, together with others that did at the same moment.
ALTER TABLE deadlines DROP CONSTRAINT deadlines_state_check, DROP CONSTRAINT deadlines_check1;
ALTER TABLE deadlines ADD CHECK (state IN ('open', 'paused', 'done', 'closed', 'missed')),
    ADD CHECK ((state IN ('done', 'closed', 'missed')) = (ended_at IS NOT NULL));
ALTER TABLE deadline_tellings ADD COLUMN listed TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE deadline_tellings ALTER COLUMN listed DROP DEFAULT;
CREATE INDEX deadlines_next ON deadlines (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX deadline_tellings_listed ON deadline_tellings (listed) WHERE listed <> '';

-- Reminders that came due at one moment stand in one message, of that key: those
-- of that turn and bell. A later bell rings in another message.
CREATE TABLE deadline_lists (
    list     TEXT COLLATE "C" NOT NULL,
    deadline TEXT COLLATE "C" NOT NULL REFERENCES deadlines (id),
    turn     BIGINT NOT NULL,
    bell     BIGINT NOT NULL,
    PRIMARY KEY (list, deadline)
);
CREATE INDEX deadline_lists_deadline ON deadline_lists (deadline, turn, bell);

-- Who works on what: a claim that names a bot that is gone is taken up at once.
CREATE INDEX outbox_leased ON outbox (lease) WHERE lease <> '';

-- What somebody handed in with the form that ends a timed action. submission is
-- made when the form is opened: the same form sent twice is one report.
CREATE TABLE reports (
    id         TEXT COLLATE "C" PRIMARY KEY,
    deadline   TEXT COLLATE "C" NOT NULL REFERENCES deadlines (id),
    form       TEXT COLLATE "C" NOT NULL CHECK (form <> ''),
    playbook   TEXT COLLATE "C" NOT NULL,
    person     TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    at         BIGINT NOT NULL,
    answers    TEXT COLLATE "C" NOT NULL CHECK (answers::json IS NOT NULL),
    submission TEXT COLLATE "C" NOT NULL UNIQUE
);
CREATE INDEX reports_deadline ON reports (deadline);
