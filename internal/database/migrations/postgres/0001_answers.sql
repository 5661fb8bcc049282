-- Readiness writes here.
CREATE TABLE health (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    checked BIGINT NOT NULL
);
INSERT INTO health (id, checked) VALUES (1, 0);

-- What Slack delivered already, by a key that is the same for every delivery.
CREATE TABLE received (
    key TEXT COLLATE "C" PRIMARY KEY,
    at  BIGINT NOT NULL
);
CREATE INDEX received_at ON received (at);

-- Every question that was put to the playbook.
CREATE TABLE questions (
    id       TEXT COLLATE "C" PRIMARY KEY,
    at       BIGINT NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    via      TEXT COLLATE "C" NOT NULL CHECK (via IN ('command', 'mention', 'direct', 'shortcut')),
    words    TEXT COLLATE "C" NOT NULL,
    verdict  TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('answered', 'near', 'nothing')),
    results  TEXT COLLATE "C" NOT NULL CHECK (results::json IS NOT NULL),
    playbook TEXT COLLATE "C" NOT NULL
);
CREATE INDEX questions_at ON questions (at);

-- Pages that were opened from an answer. question is '' when the page was
-- found by browsing. There is no foreign key: questions are written a moment
-- after they were answered.
CREATE TABLE openings (
    id       TEXT COLLATE "C" PRIMARY KEY,
    at       BIGINT NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    question TEXT COLLATE "C" NOT NULL,
    page     TEXT COLLATE "C" NOT NULL,
    section  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX openings_question ON openings (question);

-- Whether an answer helped; a person has one opinion of an answer.
CREATE TABLE ratings (
    question TEXT COLLATE "C" NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    page     TEXT COLLATE "C" NOT NULL,
    section  TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    helpful  BIGINT NOT NULL CHECK (helpful IN (0, 1)),
    why      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (question, person, page)
);

-- An answer is shared once in a channel.
CREATE TABLE shares (
    question TEXT COLLATE "C" NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    page     TEXT COLLATE "C" NOT NULL,
    section  TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (question, channel, page)
);
