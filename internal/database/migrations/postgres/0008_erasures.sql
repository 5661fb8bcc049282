-- That something was erased, by request or because its time was over: when, by
-- whom and of what kind, and not what. While open is 1, which is within a
-- transaction alone, events may be changed and removed.
CREATE TABLE erasures (
    id     TEXT COLLATE "C" PRIMARY KEY,
    at     BIGINT NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    kind   TEXT COLLATE "C" NOT NULL CHECK (kind IN ('lead', 'contact', 'person', 'retention')),
    open   BIGINT NOT NULL CHECK (open IN (0, 1))
);
CREATE INDEX erasures_at ON erasures (at);

CREATE OR REPLACE FUNCTION events_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM erasures WHERE open = 1) THEN RAISE EXCEPTION 'events are only added'; END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

-- A lead that was erased stays as a number; NULL for all others.
ALTER TABLE leads ADD COLUMN erased_at BIGINT;
