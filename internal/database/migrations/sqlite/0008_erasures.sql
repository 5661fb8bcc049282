-- That something was erased, by request or because its time was over: when, by
-- whom and of what kind, and not what. While open is 1, which is within a
-- transaction alone, events may be changed and removed.
CREATE TABLE erasures (
    id     TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    person TEXT NOT NULL,
    kind   TEXT NOT NULL CHECK (kind IN ('lead', 'contact', 'person', 'retention')),
    open   INTEGER NOT NULL CHECK (open IN (0, 1))
) STRICT;
CREATE INDEX erasures_at ON erasures (at);

DROP TRIGGER events_stay;
DROP TRIGGER events_remain;
CREATE TRIGGER events_stay BEFORE UPDATE ON events WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE open = 1) BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE open = 1) BEGIN SELECT RAISE(ABORT, 'events are only added'); END;

-- A lead that was erased stays as a number; NULL for all others.
ALTER TABLE leads ADD COLUMN erased_at INTEGER;
