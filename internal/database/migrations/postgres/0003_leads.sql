-- Who is who in the workspace, as Slack last told it: kept so that names, zones
-- and roles are known while Slack is down.
CREATE TABLE people (
    id          TEXT COLLATE "C" PRIMARY KEY,
    handle      TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    zone        TEXT COLLATE "C" NOT NULL,
    guest       BIGINT NOT NULL CHECK (guest IN (0, 1)),
    bot         BIGINT NOT NULL CHECK (bot IN (0, 1)),
    deactivated BIGINT NOT NULL CHECK (deactivated IN (0, 1)),
    fetched_at  BIGINT NOT NULL
);

-- The members of the user groups that the playbook's roles name.
CREATE TABLE group_members (
    user_group TEXT COLLATE "C" NOT NULL,
    person     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_group, person)
);

-- A company, and perhaps a contact there, that somebody works on. identity is
-- company and contact as they are compared; it keeps a lead from being there
-- twice. search is what type-ahead looks through, turn counts the
-- owners it had.
CREATE TABLE leads (
    id         TEXT COLLATE "C" PRIMARY KEY,
    company    TEXT COLLATE "C" NOT NULL CHECK (company <> ''),
    contact    TEXT COLLATE "C" NOT NULL,
    identity   TEXT COLLATE "C" NOT NULL UNIQUE CHECK (identity <> ''),
    search     TEXT COLLATE "C" NOT NULL,
    website    TEXT COLLATE "C" NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL CHECK (owner <> ''),
    turn       BIGINT NOT NULL CHECK (turn >= 1),
    status     TEXT COLLATE "C" NOT NULL CHECK (status IN ('open', 'qualified', 'handed_off', 'accepted', 'returned')),
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX leads_owner ON leads (owner, changed_at);
CREATE INDEX leads_changed ON leads (changed_at, search, id);
CREATE INDEX leads_search ON leads (search);

-- What is known of a lead: the latest answer to each field, by where it was
-- given. value is a form's answer.
CREATE TABLE lead_facts (
    lead   TEXT COLLATE "C" NOT NULL REFERENCES leads (id),
    source TEXT COLLATE "C" NOT NULL CHECK (source IN ('lead', 'research', 'qualification', 'handoff')),
    field  TEXT COLLATE "C" NOT NULL,
    value  TEXT COLLATE "C" NOT NULL CHECK (value::json IS NOT NULL),
    person TEXT COLLATE "C" NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (lead, source, field)
);

-- What happened, in order: what clocks start from, and the audit trail. Rows
-- are only ever added; origin says by what gesture.
CREATE TABLE events (
    id      TEXT COLLATE "C" PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL CHECK (kind <> ''),
    person  TEXT COLLATE "C" NOT NULL,
    origin  TEXT COLLATE "C" NOT NULL CHECK (origin IN ('command', 'form', 'click', 'shortcut', 'clock', 'import')),
    lead    TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    detail  TEXT COLLATE "C" NOT NULL CHECK (detail::json IS NOT NULL)
);
CREATE INDEX events_lead ON events (lead, at);
CREATE INDEX events_at ON events (at, kind);
CREATE FUNCTION events_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events are only added'; END $$;
CREATE TRIGGER events_stay BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_only_added();
CREATE TRIGGER events_remain BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_only_added();

-- What was typed in earlier steps of a form that is still open.
CREATE TABLE drafts (
    key     TEXT COLLATE "C" PRIMARY KEY,
    answers TEXT COLLATE "C" NOT NULL CHECK (answers::json IS NOT NULL),
    at      BIGINT NOT NULL
);
CREATE INDEX drafts_at ON drafts (at);

-- Every scorecard that was filled in; the latest of a lead counts. key is the
-- form's: the same however often it is delivered.
CREATE TABLE qualifications (
    id        TEXT COLLATE "C" PRIMARY KEY,
    key       TEXT COLLATE "C" NOT NULL UNIQUE CHECK (key <> ''),
    lead      TEXT COLLATE "C" NOT NULL REFERENCES leads (id),
    revision  BIGINT NOT NULL CHECK (revision >= 1),
    person    TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    framework TEXT COLLATE "C" NOT NULL,
    playbook  TEXT COLLATE "C" NOT NULL,
    scores    TEXT COLLATE "C" NOT NULL CHECK (scores::json IS NOT NULL),
    confirmed BIGINT NOT NULL CHECK (confirmed >= 0),
    criteria  BIGINT NOT NULL CHECK (criteria >= confirmed),
    need      BIGINT NOT NULL,
    passed    BIGINT NOT NULL CHECK (passed IN (0, 1)),
    missing   TEXT COLLATE "C" NOT NULL CHECK (missing::json IS NOT NULL),
    UNIQUE (lead, revision)
);
CREATE INDEX qualifications_at ON qualifications (at);

-- A lead on its way from the SDR to the AE. turn counts the AEs it was given
-- to; context is what the card shows beside the answers, as it was when it was
-- sent.
CREATE TABLE handoffs (
    id         TEXT COLLATE "C" PRIMARY KEY,
    key        TEXT COLLATE "C" NOT NULL UNIQUE CHECK (key <> ''),
    lead       TEXT COLLATE "C" NOT NULL REFERENCES leads (id),
    sender     TEXT COLLATE "C" NOT NULL CHECK (sender <> ''),
    ae         TEXT COLLATE "C" NOT NULL CHECK (ae <> ''),
    turn       BIGINT NOT NULL CHECK (turn >= 1),
    status     TEXT COLLATE "C" NOT NULL CHECK (status IN ('waiting', 'asked', 'accepted', 'declined')),
    sent_at    BIGINT NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at BIGINT,
    reason     TEXT COLLATE "C",
    coaching   TEXT COLLATE "C",
    form       TEXT COLLATE "C" NOT NULL,
    playbook   TEXT COLLATE "C" NOT NULL,
    answers    TEXT COLLATE "C" NOT NULL CHECK (answers::json IS NOT NULL),
    context    TEXT COLLATE "C" NOT NULL CHECK (context::json IS NOT NULL),
    CHECK ((status IN ('accepted', 'declined')) = (decided_by IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((status = 'declined') = (reason IS NOT NULL)),
    CHECK ((status = 'declined') = (coaching IS NOT NULL))
);
CREATE UNIQUE INDEX handoffs_open ON handoffs (lead) WHERE status IN ('waiting', 'asked');
CREATE INDEX handoffs_lead ON handoffs (lead, sent_at);
CREATE INDEX handoffs_sent ON handoffs (sent_at);

-- What the AE asked before deciding. Asking stops the clock, the answer starts
-- it again.
CREATE TABLE handoff_questions (
    handoff     TEXT COLLATE "C" NOT NULL REFERENCES handoffs (id),
    number      BIGINT NOT NULL CHECK (number >= 1),
    asked_by    TEXT COLLATE "C" NOT NULL,
    asked_at    BIGINT NOT NULL,
    question    TEXT COLLATE "C" NOT NULL CHECK (question <> ''),
    answered_by TEXT COLLATE "C",
    answered_at BIGINT,
    answer      TEXT COLLATE "C",
    PRIMARY KEY (handoff, number),
    CHECK ((answer IS NULL) = (answered_by IS NULL)),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
