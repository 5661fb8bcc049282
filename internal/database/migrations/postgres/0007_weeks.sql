-- A deadline that belongs to a week can be missed: the week is over, and nobody did
-- it. listed is the key of the message, if any, in which it stands together with
-- others that came due at the same moment; in deadline_tellings that of whoever was
-- told that it passed.
ALTER TABLE deadlines DROP CONSTRAINT deadlines_state_check, DROP CONSTRAINT deadlines_check1;
ALTER TABLE deadlines ADD CHECK (state IN ('open', 'paused', 'done', 'closed', 'missed')),
    ADD CHECK ((state IN ('done', 'closed', 'missed')) = (ended_at IS NOT NULL));
ALTER TABLE deadlines ADD COLUMN listed TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE deadlines ALTER COLUMN listed DROP DEFAULT;
ALTER TABLE deadline_tellings ADD COLUMN listed TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE deadline_tellings ALTER COLUMN listed DROP DEFAULT;
CREATE INDEX deadlines_next ON deadlines (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX deadlines_listed ON deadlines (listed) WHERE listed <> '';
CREATE INDEX deadline_tellings_listed ON deadline_tellings (listed) WHERE listed <> '';

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
