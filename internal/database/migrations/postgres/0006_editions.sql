-- The playbooks that were in force, each whole: a form that was open while the
-- playbook changed is judged by the one it was opened with, also when the bot
-- was started anew in between. files is a zip archive, used_at the last time
-- that the edition came into force.
CREATE TABLE editions (
    version TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (version <> ''),
    files   BYTEA NOT NULL,
    used_at BIGINT NOT NULL
);
