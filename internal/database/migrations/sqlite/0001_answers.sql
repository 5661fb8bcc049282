-- Readiness writes here.
CREATE TABLE health (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    checked INTEGER NOT NULL
) STRICT;
INSERT INTO health (id, checked) VALUES (1, 0);

-- What Slack delivered already, by a key that is the same for every delivery.
CREATE TABLE received (
    key TEXT PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT;
CREATE INDEX received_at ON received (at);

-- Every question that was put to the playbook.
CREATE TABLE questions (
    id       TEXT PRIMARY KEY,
    at       INTEGER NOT NULL,
    person   TEXT NOT NULL,
    channel  TEXT NOT NULL,
    via      TEXT NOT NULL CHECK (via IN ('command', 'mention', 'direct', 'shortcut')),
    words    TEXT NOT NULL,
    verdict  TEXT NOT NULL CHECK (verdict IN ('answered', 'near', 'nothing')),
    results  TEXT NOT NULL CHECK (json_valid(results)),
    playbook TEXT NOT NULL
) STRICT;
CREATE INDEX questions_at ON questions (at);

-- Pages that were opened from an answer. question is '' when the page was
-- found by browsing. There is no foreign key: questions are written a moment
-- after they were answered.
CREATE TABLE openings (
    id       TEXT PRIMARY KEY,
    at       INTEGER NOT NULL,
    person   TEXT NOT NULL,
    question TEXT NOT NULL,
    page     TEXT NOT NULL,
    section  TEXT NOT NULL
) STRICT;
CREATE INDEX openings_question ON openings (question);

-- Whether an answer helped; a person has one opinion of an answer.
CREATE TABLE ratings (
    question TEXT NOT NULL,
    person   TEXT NOT NULL,
    page     TEXT NOT NULL,
    section  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    helpful  INTEGER NOT NULL CHECK (helpful IN (0, 1)),
    why      TEXT NOT NULL,
    PRIMARY KEY (question, person, page)
) STRICT;

-- An answer is shared once in a channel.
CREATE TABLE shares (
    question TEXT NOT NULL,
    person   TEXT NOT NULL,
    channel  TEXT NOT NULL,
    page     TEXT NOT NULL,
    section  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (question, channel, page)
) STRICT;
