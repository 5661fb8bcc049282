-- What happens later, for certain. run_at is when to look at the row next: its
-- due time, or the end of the lease of whoever works on it; lease names that
-- claim and is '' while nobody does.
CREATE TABLE outbox (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL UNIQUE,
    payload    TEXT NOT NULL CHECK (json_valid(payload)),
    due_at     INTEGER NOT NULL,
    run_at     INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('ready', 'done', 'dead')),
    lease      TEXT NOT NULL,
    attempt    INTEGER NOT NULL CHECK (attempt >= 0),
    created_at INTEGER NOT NULL,
    done_at    INTEGER,
    error      TEXT NOT NULL,
    CHECK ((state = 'ready') = (done_at IS NULL)),
    CHECK (state = 'ready' OR lease = '')
) STRICT;
CREATE INDEX outbox_due ON outbox (kind, run_at, id) WHERE state = 'ready';
CREATE INDEX outbox_done ON outbox (done_at) WHERE state = 'done';
CREATE INDEX outbox_dead ON outbox (done_at) WHERE state = 'dead';

-- Messages as they are to look. version counts what they were to look like,
-- sent_version is what Slack shows. sending_version and started_at are set
-- while a call is out, or its outcome is not known. id goes to Slack with the
-- message, so that it can be found again; place and ts say where it stands.
CREATE TABLE posts (
    key             TEXT PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    channel         TEXT NOT NULL,
    body            TEXT NOT NULL CHECK (json_valid(body)),
    version         INTEGER NOT NULL CHECK (version > 0),
    sent_version    INTEGER NOT NULL CHECK (sent_version <= version),
    sending_version INTEGER NOT NULL CHECK (sending_version <= version),
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead')),
    place           TEXT NOT NULL,
    ts              TEXT NOT NULL,
    started_at      INTEGER NOT NULL,
    attempt         INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    error           TEXT NOT NULL,
    CHECK ((place = '') = (ts = '')),
    CHECK (state <> 'sent' OR ts <> ''),
    CHECK (state NOT IN ('queued', 'sending') OR ts = ''),
    CHECK ((sending_version = 0) = (started_at = 0)),
    CHECK (state <> 'sending' OR started_at > 0)
) STRICT;
CREATE INDEX posts_dead ON posts (changed_at) WHERE state = 'dead';
