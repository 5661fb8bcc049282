-- Who is who in the workspace, as Slack last told it: kept so that names, zones
-- and roles are known while Slack is down.
CREATE TABLE people (
    id          TEXT PRIMARY KEY,
    handle      TEXT NOT NULL,
    name        TEXT NOT NULL,
    zone        TEXT NOT NULL,
    guest       INTEGER NOT NULL CHECK (guest IN (0, 1)),
    bot         INTEGER NOT NULL CHECK (bot IN (0, 1)),
    deactivated INTEGER NOT NULL CHECK (deactivated IN (0, 1)),
    fetched_at  INTEGER NOT NULL
) STRICT;

-- The members of the user groups that the playbook's roles name.
CREATE TABLE group_members (
    user_group TEXT NOT NULL,
    person     TEXT NOT NULL,
    PRIMARY KEY (user_group, person)
) STRICT;

-- A company, and perhaps a contact there, that somebody works on. identity is
-- company and contact as they are compared; it keeps a lead from being there
-- twice. search is what type-ahead looks through, turn counts the
-- owners it had.
CREATE TABLE leads (
    id         TEXT PRIMARY KEY,
    company    TEXT NOT NULL CHECK (company <> ''),
    contact    TEXT NOT NULL,
    identity   TEXT NOT NULL UNIQUE CHECK (identity <> ''),
    search     TEXT NOT NULL,
    website    TEXT NOT NULL,
    owner      TEXT NOT NULL CHECK (owner <> ''),
    turn       INTEGER NOT NULL CHECK (turn >= 1),
    status     TEXT NOT NULL CHECK (status IN ('open', 'qualified', 'handed_off', 'accepted', 'returned')),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX leads_owner ON leads (owner, changed_at);
CREATE INDEX leads_changed ON leads (changed_at, search, id);
CREATE INDEX leads_search ON leads (search);

-- What is known of a lead: the latest answer to each field, by where it was
-- given. value is a form's answer.
CREATE TABLE lead_facts (
    lead   TEXT NOT NULL REFERENCES leads (id),
    source TEXT NOT NULL CHECK (source IN ('lead', 'research', 'qualification', 'handoff')),
    field  TEXT NOT NULL,
    value  TEXT NOT NULL CHECK (json_valid(value)),
    person TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (lead, source, field)
) STRICT;

-- What happened, in order: what clocks start from, and the audit trail. Rows
-- are only ever added; origin says by what gesture.
CREATE TABLE events (
    id      TEXT PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL CHECK (kind <> ''),
    person  TEXT NOT NULL,
    origin  TEXT NOT NULL CHECK (origin IN ('command', 'form', 'click', 'shortcut', 'clock', 'import')),
    lead    TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX events_lead ON events (lead, at);
CREATE INDEX events_at ON events (at, kind);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are only added'); END;

-- What was typed in earlier steps of a form that is still open.
CREATE TABLE drafts (
    key     TEXT PRIMARY KEY,
    answers TEXT NOT NULL CHECK (json_valid(answers)),
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX drafts_at ON drafts (at);

-- Every scorecard that was filled in; the latest of a lead counts. key is the
-- form's: the same however often it is delivered.
CREATE TABLE qualifications (
    id        TEXT PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE CHECK (key <> ''),
    lead      TEXT NOT NULL REFERENCES leads (id),
    revision  INTEGER NOT NULL CHECK (revision >= 1),
    person    TEXT NOT NULL,
    at        INTEGER NOT NULL,
    framework TEXT NOT NULL,
    playbook  TEXT NOT NULL,
    scores    TEXT NOT NULL CHECK (json_valid(scores)),
    confirmed INTEGER NOT NULL CHECK (confirmed >= 0),
    criteria  INTEGER NOT NULL CHECK (criteria >= confirmed),
    need      INTEGER NOT NULL,
    passed    INTEGER NOT NULL CHECK (passed IN (0, 1)),
    missing   TEXT NOT NULL CHECK (json_valid(missing)),
    UNIQUE (lead, revision)
) STRICT;
CREATE INDEX qualifications_at ON qualifications (at);

-- A lead on its way from the SDR to the AE. turn counts the AEs it was given
-- to; context is what the card shows beside the answers, as it was when it was
-- sent.
CREATE TABLE handoffs (
    id         TEXT PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE CHECK (key <> ''),
    lead       TEXT NOT NULL REFERENCES leads (id),
    sender     TEXT NOT NULL CHECK (sender <> ''),
    ae         TEXT NOT NULL CHECK (ae <> ''),
    turn       INTEGER NOT NULL CHECK (turn >= 1),
    status     TEXT NOT NULL CHECK (status IN ('waiting', 'asked', 'accepted', 'declined')),
    sent_at    INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    reason     TEXT,
    coaching   TEXT,
    form       TEXT NOT NULL,
    playbook   TEXT NOT NULL,
    answers    TEXT NOT NULL CHECK (json_valid(answers)),
    context    TEXT NOT NULL CHECK (json_valid(context)),
    CHECK ((status IN ('accepted', 'declined')) = (decided_by IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((status = 'declined') = (reason IS NOT NULL)),
    CHECK ((status = 'declined') = (coaching IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX handoffs_open ON handoffs (lead) WHERE status IN ('waiting', 'asked');
CREATE INDEX handoffs_lead ON handoffs (lead, sent_at);
CREATE INDEX handoffs_sent ON handoffs (sent_at);

-- What the AE asked before deciding. Asking stops the clock, the answer starts
-- it again.
CREATE TABLE handoff_questions (
    handoff     TEXT NOT NULL REFERENCES handoffs (id),
    number      INTEGER NOT NULL CHECK (number >= 1),
    asked_by    TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    question    TEXT NOT NULL CHECK (question <> ''),
    answered_by TEXT,
    answered_at INTEGER,
    answer      TEXT,
    PRIMARY KEY (handoff, number),
    CHECK ((answer IS NULL) = (answered_by IS NULL)),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
) STRICT;
