-- When somebody gets a digest next. person is '' for the team's, which goes to a
-- channel. day is the local date that the next one belongs to, last_day that of
-- the latest one that went out or was skipped: none comes twice, whatever clocks
-- do. generation names the outbox row that sends it.
CREATE TABLE digests (
    person     TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('daily', 'weekly', 'team')),
    day        TEXT COLLATE "C" NOT NULL,
    next_at    BIGINT,
    last_day   TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL CHECK (generation >= 0),
    PRIMARY KEY (person, kind),
    CHECK ((day = '') = (next_at IS NULL)),
    CHECK ((kind = 'team') = (person = ''))
);

-- What digests count.
CREATE INDEX handoffs_decided ON handoffs (decided_at, status) WHERE decided_at IS NOT NULL;
CREATE INDEX handoffs_undecided ON handoffs (sent_at, id) WHERE status IN ('waiting', 'asked');
CREATE INDEX deadlines_due ON deadlines (due_at, id) WHERE state = 'open';
