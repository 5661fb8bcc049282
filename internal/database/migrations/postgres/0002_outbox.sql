-- What happens later, for certain. run_at is when to look at the row next: its
-- due time, or the end of the lease of whoever works on it; lease names that
-- claim and is '' while nobody does.
CREATE TABLE outbox (
    id         TEXT COLLATE "C" PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL UNIQUE,
    payload    TEXT COLLATE "C" NOT NULL CHECK (payload::json IS NOT NULL),
    due_at     BIGINT NOT NULL,
    run_at     BIGINT NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('ready', 'done', 'dead')),
    lease      TEXT COLLATE "C" NOT NULL,
    attempt    BIGINT NOT NULL CHECK (attempt >= 0),
    created_at BIGINT NOT NULL,
    done_at    BIGINT,
    error      TEXT COLLATE "C" NOT NULL,
    CHECK ((state = 'ready') = (done_at IS NULL)),
    CHECK (state = 'ready' OR lease = '')
);
CREATE INDEX outbox_due ON outbox (kind, run_at, id) WHERE state = 'ready';
CREATE INDEX outbox_done ON outbox (done_at) WHERE state = 'done';
CREATE INDEX outbox_dead ON outbox (done_at) WHERE state = 'dead';

-- Messages as they are to look. version counts what they were to look like,
-- sent_version is what Slack shows. sending_version and started_at are set
-- while a call is out, or its outcome is not known. id goes to Slack with the
-- message, so that it can be found again; place and ts say where it stands.
CREATE TABLE posts (
    key             TEXT COLLATE "C" PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    channel         TEXT COLLATE "C" NOT NULL,
    body            TEXT COLLATE "C" NOT NULL CHECK (body::json IS NOT NULL),
    version         BIGINT NOT NULL CHECK (version > 0),
    sent_version    BIGINT NOT NULL CHECK (sent_version <= version),
    sending_version BIGINT NOT NULL CHECK (sending_version <= version),
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead')),
    place           TEXT COLLATE "C" NOT NULL,
    ts              TEXT COLLATE "C" NOT NULL,
    started_at      BIGINT NOT NULL,
    attempt         BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    error           TEXT COLLATE "C" NOT NULL,
    CHECK ((place = '') = (ts = '')),
    CHECK (state <> 'sent' OR ts <> ''),
    CHECK (state NOT IN ('queued', 'sending') OR ts = ''),
    CHECK ((sending_version = 0) = (started_at = 0)),
    CHECK (state <> 'sending' OR started_at > 0)
);
CREATE INDEX posts_dead ON posts (changed_at) WHERE state = 'dead';
