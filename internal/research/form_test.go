package research

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/deadline"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
)

var ctx = context.Background()

// given is a lead of USDR's.
func given(t testing.TB, r *Research, company string) (of lead.Lead) {
	t.Helper()
	if err := r.DB.Write(ctx, func(tx *database.Tx) (err error) {
		of, _, err = r.Leads.Assign(tx, lead.New{Name: lead.Name{Company: company}, Owner: "USDR"}, "UBOSS", lead.FromForm)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return of
}

// open is the form as it is opened about a lead, with what is typed into it:
// "field", "words", …
func open(t testing.TB, r *Research, of lead.Lead, typed ...string) chat.View {
	t.Helper()
	b := r.Shelf.InForce()
	page, _ := b.Page(FormPage)
	o := r.flow().Options(b, page)
	o.Key, o.Private = "key of "+of.ID, of.ID
	v, err := form.View(o)
	if err != nil {
		t.Fatal(err)
	}
	return chat.View{ID: "V1", Callback: callbackForm, Private: v.PrivateMetadata, State: state(typed...)}
}

func state(typed ...string) chat.State {
	s := chat.State{}
	for i := 0; i < len(typed); i += 2 {
		s[form.Block(typed[i])] = map[string]chat.Entry{"value": {Value: typed[i+1], Options: []string{"?"}}}
	}
	return s
}

// first is a first step that is right, but for what is typed over it.
func first(over ...string) []string {
	return append([]string{"street", "High Street", "loaves", "120"}, over...)
}

func TestBadInputIsSaidAtItsField(t *testing.T) {
	r, _ := researchOn(t, dbtest.Open(t, t.TempDir()+"/db"))
	of := given(t, r, "Corner shop")
	for name, tc := range map[string]struct {
		typed []string
		field string
		want  string
	}{
		"nothing":                  {nil, "street", "This is needed"},
		"blanks":                   {first("street", "   "), "street", "This is needed"},
		"more than it takes":       {first("street", strings.Repeat("x", 41)), "street", "40"},
		"a number in words":        {first("loaves", "a dozen"), "loaves", "number"},
		"a number below the least": {first("loaves", "0"), "loaves", "1"},
		"… above the most":         {first("loaves", "5001"), "loaves", "5,000"},
		"a rule of the page":       {first("loaves", "19"), "loaves", "Fewer than twenty loaves is no shop of ours."},
		"no address":               {first("site", "corner shop"), "site", "https://"},
		"an address that runs":     {first("site", "javascript:alert(1)"), "site", "https://"},
		"no mail":                  {first("mail", "jo at corner"), "mail", "@"},
		"a day that is none":       {first("opens", "2026-02-30"), "opens", "day"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := r.submit(ctx, chat.Submission{Origin: chat.Origin{Person: "USDR"}, View: open(t, r, of, tc.typed...)})
			if err != nil || a.Update != nil {
				t.Fatalf("it was taken: %+v, %v", a, err)
			}
			if got := a.Errors[form.Block(tc.field)]; !strings.Contains(got, tc.want) {
				t.Errorf("at %s: %q, want %q; all: %v", tc.field, got, tc.want, a.Errors)
			}
		})
	}
	for name, tc := range map[string]struct {
		typed []string
		field string
		want  string
	}{
		"money in words":     {[]string{"fits", "yes", "why", "now", "spends", "a lot"}, "spends", "amount"},
		"no phone":           {[]string{"fits", "yes", "why", "now", "phone", "call me"}, "phone", "number"},
		"an option unpicked": {[]string{"why", "now", "fits", ""}, "fits", "This is needed"},
		"nothing in step 2":  {nil, "why", "This is needed"},
		"more than it shows": {[]string{"fits", "yes", "why", "now", "story", strings.Repeat("x", 3001)}, "story", "3,000"},
	} {
		t.Run(name, func(t *testing.T) {
			second := on(t, r, open(t, r, of, first()...), tc.typed...)
			a, err := r.submit(ctx, chat.Submission{Origin: chat.Origin{Person: "USDR"}, View: second})
			if err != nil || a.Update != nil {
				t.Fatalf("it was taken: %+v, %v", a, err)
			}
			if got := a.Errors[form.Block(tc.field)]; !strings.Contains(got, tc.want) {
				t.Errorf("at %s: %q, want %q", tc.field, got, tc.want)
			}
		})
	}
	if n := kept(t, r, of); n != 0 {
		t.Errorf("%d facts were kept", n)
	}
}

// kept counts what is known of a lead by research.
func kept(t testing.TB, r *Research, of lead.Lead) (n int) {
	t.Helper()
	if err := r.DB.Read(ctx, func(tx *database.Tx) error {
		k, err := r.Leads.Known(tx, of)
		n = len(k[lead.SourceResearch])
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// on sends a right first step, and gives the second one with that typed.
func on(t testing.TB, r *Research, v chat.View, typed ...string) chat.View {
	t.Helper()
	a, err := r.submit(ctx, chat.Submission{Origin: chat.Origin{Person: "USDR"}, View: v})
	if err != nil || a.Update == nil || len(a.Errors) > 0 {
		t.Fatalf("the first step: %+v, %v", a, err)
	}
	return chat.View{ID: "V1", Callback: callbackForm, Private: a.Update.PrivateMetadata, State: state(typed...)}
}

func TestHostileFindingsAreKeptAsTypedAndShownHarmless(t *testing.T) {
	r, _ := researchOn(t, dbtest.Open(t, t.TempDir()+"/db"))
	of := given(t, r, hostile[:60])
	second := on(t, r, open(t, r, of, first()...), "fits", "yes", "story", hostile, "why", "<!everyone>")
	a, err := r.submit(ctx, chat.Submission{Origin: chat.Origin{Person: "USDR"}, View: second})
	if err != nil || a.Update == nil || a.Update.Title.Text != "Research" {
		t.Fatalf("the second step: %+v %v, %v", a, map[string]string(a.Errors), err)
	}
	checkSchema(t, "modal", a.Update)
	harmless(t, chat.Message{Text: "-", Blocks: a.Update.Blocks.BlockSet})
	if err := r.DB.Read(ctx, func(tx *database.Tx) error {
		k, err := r.Leads.Known(tx, of)
		if got := k[lead.SourceResearch]["why"].Text; got != "<!everyone>" {
			t.Errorf("kept: %q", got)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	// The same delivery again is answered as the first time.
	again, err := r.submit(ctx, chat.Submission{Origin: chat.Origin{Person: "USDR"}, View: second})
	if err != nil || again.Update == nil || len(again.Errors) > 0 {
		t.Errorf("delivered again: %+v, %v", again, err)
	}
}

// What happens around a form that is open gets a sentence that says what to do,
// and never a fault.
func TestWhatHappensAroundAnOpenFormIsSaid(t *testing.T) {
	for name, tc := range map[string]struct {
		person string
		before func(t *testing.T, r *Research, of lead.Lead, v *chat.View)
		want   string
	}{
		"somebody else's lead":   {"USDR2", nil, "This lead is <@USDR>’s. Only they or a manager"},
		"an AE's, who is no SDR": {"UAE", nil, "Only they or a manager"},
		"it was reassigned meanwhile": {"USDR", func(t *testing.T, r *Research, of lead.Lead, _ *chat.View) {
			if err := r.DB.Write(ctx, func(tx *database.Tx) error {
				_, err := r.Leads.Reassign(tx, of, "USDR2", "UBOSS", lead.FromForm)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}, "This lead is <@USDR2>’s"},
		"the lead is gone": {"USDR", func(_ *testing.T, _ *Research, _ lead.Lead, v *chat.View) {
			v.Private = strings.Replace(v.Private, `"c":"`, `"c":"gone-`, 1)
		}, "no longer there"},
		"its page is gone": {"USDR", func(t *testing.T, r *Research, _ lead.Lead, v *chat.View) {
			v.Private = strings.Replace(v.Private, `"p":"research"`, `"p":"nothing"`, 1)
		}, "taken out of the playbook while it was open"},
		"its earlier steps are gone": {"USDR", func(t *testing.T, r *Research, of lead.Lead, v *chat.View) {
			*v = on(t, r, open(t, r, of, first()...), "why", "now")
			head, _, _ := strings.Cut(v.Private, `,"a":`)
			v.Private = head + `,"d":true}`
		}, "open for so long that its earlier steps are no longer kept"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := researchOn(t, dbtest.Open(t, t.TempDir()+"/db"))
			of := given(t, r, "Corner shop")
			v := open(t, r, of, first()...)
			if tc.before != nil {
				tc.before(t, r, of, &v)
			}
			_, err := r.submit(ctx, chat.Submission{Origin: chat.Origin{Person: tc.person}, View: v})
			var said chat.Refusal
			if !errors.As(err, &said) || !strings.Contains(string(said), tc.want) {
				t.Errorf("sent, it is told %v, want %q", err, tc.want)
			}
			err = r.back(ctx, chat.Click{Origin: chat.Origin{Person: tc.person}, View: &v})
			if !errors.As(err, &said) || !strings.Contains(string(said), tc.want) {
				t.Errorf("going back, it is told %v, want %q", err, tc.want)
			}
			if n := kept(t, r, of); n != 0 {
				t.Errorf("%d facts were kept", n)
			}
		})
	}
}

// clock is a deadline of the lead's research, of USDR's.
func clock(t testing.TB, r *Research, of lead.Lead) string {
	t.Helper()
	d := &deadline.Deadlines{DB: r.DB, Outbox: r.Outbox, Roster: r.Roster, Posts: r.Posts, Shelf: r.Shelf, Now: r.Now, Log: r.Log}
	b := *r.Shelf.InForce()
	b.Pages = append(b.Pages[:len(b.Pages):len(b.Pages)], &playbook.Page{ID: "first", Kind: playbook.KindStage, Title: "First look", Stage: &playbook.Stage{Actions: []playbook.Action{
		{ID: "look", Label: "Look them up", On: playbook.EventLeadAssigned, Who: "owner", Within: span(t, "2h"), Done: FormPage}}}})
	b.Version = "with a clock"
	r.Shelf.Use(&b)
	var id string
	if err := r.DB.Write(ctx, func(tx *database.Tx) error {
		if err := d.Happened(tx, deadline.Happening{Event: playbook.EventLeadAssigned, At: r.Now(), Subject: "lead/" + of.ID, Lead: of.ID, Key: "e", Title: of.String(), Who: map[string]string{"owner": "USDR"}}); err != nil {
			return err
		}
		open, err := openOf(tx, "USDR")
		if len(open) != 1 {
			t.Fatalf("%d deadlines are open", len(open))
		}
		id = open[0].ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

func span(t testing.TB, text string) playbook.Span {
	t.Helper()
	s, err := playbook.ParseSpan(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noFiles is a Slack that takes none, or one that does not answer.
type noFiles struct{ err error }

func (n noFiles) Upload(context.Context, string, chat.File, string) error { return n.err }

func TestWhoeverAsksForTheFileGetsOneAnswer(t *testing.T) {
	r, book := researchOn(t, dbtest.Open(t, t.TempDir()+"/db"))
	of := given(t, r, "Corner shop")
	click := func(person, value string) string {
		t.Helper()
		err := r.toCalendar(ctx, chat.Click{Origin: chat.Origin{Person: person}, Value: value})
		var said chat.Refusal
		if err != nil && !errors.As(err, &said) {
			t.Fatal(err)
		}
		return string(said)
	}
	if got := click("USDR", wholeList); !strings.Contains(got, "No research of yours is due today any more") {
		t.Errorf("with nothing to do: %q", got)
	}
	id := clock(t, r, of)
	for what, tc := range map[string][3]string{
		"somebody else":         {"USDR2", id, "Only <@USDR> keeps time for this research"},
		"a manager":             {"UBOSS", id, "Only <@USDR> keeps time for this research"},
		"a deadline that never": {"USDR", "nothing", "no longer there"},
	} {
		if got := click(tc[0], tc[1]); !strings.Contains(got, tc[2]) {
			t.Errorf("%s: %q, want %q", what, got, tc[2])
		}
	}
	if got := click("USDR", id); got != "" {
		t.Errorf("the first click: %q", got)
	}
	if got := click("USDR", id); !strings.Contains(got, "in your direct messages with sopbot already") {
		t.Errorf("the second click: %q", got)
	}
	if got := click("USDR", wholeList); got != "" {
		t.Errorf("the whole list: %q", got)
	}
	// Where Slack takes no files a link comes, and where it does not answer the
	// row stays.
	r.Files = noFiles{fmt.Errorf("%w: missing_scope", chat.ErrNoFiles)}
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.Outbox.Run(life) }()
	until := time.Now().Add(20 * time.Second)
	for n := 0; n < 2; time.Sleep(5 * time.Millisecond) {
		n = 0
		book.Lock()
		for key, m := range book.m {
			if strings.HasPrefix(key, "research/file/") {
				n++
				if !strings.Contains(m.Text, "Slack takes no files from sopbot here") || !strings.Contains(m.Text, "|Put it into Google Calendar>") {
					t.Errorf("%s: %s", key, m.Text)
				}
			}
		}
		book.Unlock()
		if time.Now().After(until) {
			t.Fatal("no link comes")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestASlackThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	r, _ := researchOn(t, nil)
	down := errors.New("no answer")
	r.Files = noFiles{down}
	err := r.sendFile(ctx, outbox.Job{Payload: []byte(`{"Person":"USDR","Appointment":{"Title":"Research"}}`)})
	if !errors.Is(err, down) {
		t.Errorf("err = %v", err)
	}
}

// Who was erased before their file was brought gets none, and nothing is given up.
func TestNobodyGetsAFileWhoWasErased(t *testing.T) {
	r, _ := researchOn(t, nil)
	r.Files = noFiles{errors.New("user_not_found")}
	if err := r.sendFile(ctx, outbox.Job{Payload: []byte(`{"Person":"` + chat.Pseudonym() + `","Appointment":{"Title":"Research"}}`)}); err != nil {
		t.Errorf("err = %v", err)
	}
}
