package main

import (
	"strings"
	"testing"
	"time"

	"sopbot/internal/database/dbtest"
)

// On PostgreSQL a transaction may lose against another and runs again. What
// people do comes out the same: here the first that records an event of a kind
// loses.
func TestWhatLosesAgainstAnotherRunsAgain(t *testing.T) {
	t.Parallel()
	slack, target := openSlack(t, 1), dbtest.Postgres(t)
	b := runBot(t, slack, func(b *bot) { b.Database, b.delays = target, calmDelays })
	kinds := []string{"lead.created", "lead.assigned", "qualification.saved", "lead.qualified", "handoff.sent", "handoff.accepted"}
	server(t, target,
		// A sequence gives no number back when its transaction is undone.
		`DO $$ DECLARE kind text; BEGIN FOREACH kind IN ARRAY ARRAY['`+strings.Join(kinds, "', '")+`'] LOOP
			EXECUTE format('CREATE SEQUENCE %I', kind); END LOOP; END $$`,
		`CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval(quote_ident(NEW.kind)) = 1 THEN RAISE EXCEPTION 'another came between' USING ERRCODE = 'serialization_failure'; END IF;
			RETURN NEW; END $$`,
		"CREATE TRIGGER lose BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION lose()")
	sdr, ae := slack.As("sdr0").In("#sales"), slack.As("ae0")

	sdr.Slash("/qualify")
	m := sdr.Modal()
	m.Fill("… or a new one: Lead", "Quarry 00000001")
	for _, criterion := range []string{"Metrics", "Economic buyer", "Identified pain", "Champion"} {
		m.Pick(criterion, "Confirmed: they said or showed it")
	}
	m.Fill("Main pain, in the prospect's words", "Two reps left over the reports").Submit()
	sdr.Modal().WaitFor("passes")
	sdr.Modal().CloseAll()
	handOff(t, sdr, "Quarry 00000002", "@ae0")
	sdr.Modal().WaitFor("Quarry 00000002 is on its way to @ae0")
	sdr.Modal().CloseAll()
	card := ae.WaitFor("hands Quarry 00000002 over to you")
	card.Click("Accept")
	card.WaitFor("Accepted by @ae0")
	dana := slack.As("dana").In("#sales")
	has(t, "the confirmation", dana.Slash("/lead assign @sdr0 Quarry 00000003").Text(), "Quarry 00000003", "assigned to @sdr0")
	slack.As("sdr0").WaitFor("gave you the lead")

	settled(t, b.db, 20*time.Second)
	reckon(t, slack, b.db, []sent{{"Quarry 00000002", "U0SDR000", "U0AE000"}})
	list(t, b.db, "SELECT company, status FROM leads ORDER BY company", 2, func(v []string) {
		if want := map[string]string{"Quarry 00000001": "qualified", "Quarry 00000002": "accepted", "Quarry 00000003": "open"}[v[0]]; v[1] != want {
			t.Errorf("%s is %s, want %s", v[0], v[1], want)
		}
	})
	for _, kind := range kinds {
		list(t, b.db, `SELECT CAST(last_value AS TEXT) FROM "`+kind+`"`, 1, func(v []string) {
			if v[0] == "1" {
				t.Errorf("no %s was tried again", kind)
			}
		})
	}
}
