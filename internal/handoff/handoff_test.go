package handoff

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func saying(t testing.TB, text string) Words {
	t.Helper()
	w, err := ParseWords(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWordsAreNeverEmptyAndNeverTooMany(t *testing.T) {
	for name, tc := range map[string]struct {
		typed string
		want  string
		err   error
	}{
		"words":                  {" Who else\nis in the call? ", "Who else\nis in the call?", nil},
		"nothing":                {"", "", ErrNoWords},
		"blanks":                 {" \n\t", "", ErrNoWords},
		"as many as there may":   {strings.Repeat("é", MostWords), strings.Repeat("é", MostWords), nil},
		"one letter more":        {strings.Repeat("é", MostWords+1), "", ErrTooMuch},
		"blanks around them not": {strings.Repeat("é", MostWords) + "  ", strings.Repeat("é", MostWords), nil},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := ParseWords(tc.typed)
			if !errors.Is(err, tc.err) || w.String() != tc.want {
				t.Errorf("%.20q, %v", w, err)
			}
		})
	}
}

// Who there is, and how a handoff may stand: every rule is tried by everyone in
// every state.
var (
	ae       = By{Person: "UAE"}
	sdr      = By{Person: "USDR"}
	manager  = By{Person: "UBOSS", Manager: true}
	passerby = By{Person: "UOTHER"}
	unsure   = By{Person: "UBOSS", Unsure: true}
)

func standing(t testing.TB, s Status) Handoff {
	h := Handoff{ID: "H1", Lead: "L1", Sender: sdr.Person, AE: ae.Person, Turn: 1, Status: s, Sent: noon,
		Context: Context{Lead: "Acme", Reasons: []Field{{"no_need", "No need"}}}}
	if asked, ok := s.(Asked); ok {
		h.Asked = []Question{asked.Question}
	}
	return h
}

func states(t testing.TB) map[string]Status {
	return map[string]Status{
		"waiting":  Waiting{},
		"asked":    Asked{Question{Number: 1, AskedBy: ae.Person, AskedAt: noon, Question: saying(t, "Who signs?")}},
		"accepted": Accepted{ae.Person, noon},
		"declined": Declined{ae.Person, noon, "no_need", saying(t, "Ask for the need")},
	}
}

func TestWhoMayDoWhatToAHandoffInWhichState(t *testing.T) {
	people := map[string]By{"the AE": ae, "the SDR": sdr, "a manager": manager, "a passer-by": passerby, "somebody of whom we are not sure": unsure}
	deeds := map[string]struct {
		do   func(Handoff, By) (Handoff, error)
		want map[string]map[string]error // by state, by person; nil = it is done
	}{
		"accept":  {func(h Handoff, by By) (Handoff, error) { return h.Accept(by, noon) }, decided(nil, nil)},
		"decline": {func(h Handoff, by By) (Handoff, error) { return h.Decline(by, "no_need", saying(t, "why"), noon) }, decided(nil, nil)},
		"ask":     {func(h Handoff, by By) (Handoff, error) { return h.Ask(by, saying(t, "who?"), noon) }, decided(nil, ErrPending)},
		"reassign": {func(h Handoff, by By) (Handoff, error) { return h.Reassign(by, "UAE2") },
			decided(nil, nil)},
		"answer": {func(h Handoff, by By) (Handoff, error) { return h.Reply(by, saying(t, "Jo"), noon) }, map[string]map[string]error{
			"waiting":  everyone(ErrNotAsked),
			"asked":    {"the AE": ErrNotYours, "the SDR": nil, "a manager": nil, "a passer-by": ErrNotYours, "somebody of whom we are not sure": ErrUnsure},
			"accepted": everyone(ErrAnswered), "declined": everyone(ErrAnswered)}},
	}
	for deed, d := range deeds {
		for state, status := range states(t) {
			for who, by := range people {
				t.Run(deed+"/"+state+"/"+who, func(t *testing.T) {
					before := standing(t, status)
					after, err := d.do(before, by)
					if want := d.want[state][who]; !errors.Is(err, want) || (want == nil) != (err == nil) {
						t.Errorf("err = %v, want %v", err, want)
					}
					if err != nil && (after.Status != before.Status || after.AE != before.AE || len(after.Asked) != len(before.Asked)) {
						t.Errorf("it was refused and yet changed: %+v", after)
					}
				})
			}
		}
	}
}

func everyone(err error) map[string]error {
	return map[string]error{"the AE": err, "the SDR": err, "a manager": err, "a passer-by": err, "somebody of whom we are not sure": err}
}

// decided is who may decide: the AE and managers, as long as it is open.
func decided(waiting, asked error) map[string]map[string]error {
	may := func(err error) map[string]error {
		return map[string]error{"the AE": err, "the SDR": ErrNotYours, "a manager": err, "a passer-by": ErrNotYours, "somebody of whom we are not sure": ErrUnsure}
	}
	return map[string]map[string]error{"waiting": may(waiting), "asked": may(asked), "accepted": everyone(ErrAnswered), "declined": everyone(ErrAnswered)}
}

func TestWhatADecisionLeavesBehind(t *testing.T) {
	at := noon.Add(time.Hour)
	h, err := standing(t, Waiting{}).Accept(manager, at)
	if s, ok := h.Status.(Accepted); err != nil || !ok || s.By != "UBOSS" || !s.At.Equal(at) || h.Open() {
		t.Errorf("accepted: %+v, %v", h.Status, err)
	}
	h, err = standing(t, Waiting{}).Decline(ae, "no_need", saying(t, "why"), at)
	if s, ok := h.Status.(Declined); err != nil || !ok || s.Reason != "no_need" || s.Coaching.String() != "why" || h.Open() {
		t.Errorf("declined: %+v, %v", h.Status, err)
	}
	for name, tc := range map[string]struct {
		reason string
		words  Words
		want   error
	}{
		"no reason":                       {"", saying(t, "why"), ErrNoReason},
		"a reason that is not listed":     {"because", saying(t, "why"), ErrNoReason},
		"no words of coaching":            {"no_need", Words{}, ErrNoWords},
		"neither, and the words go first": {"", Words{}, ErrNoWords},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := standing(t, Waiting{}).Decline(ae, tc.reason, tc.words, at); !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
		})
	}
	without := standing(t, Waiting{})
	without.Context.Reasons = nil
	if _, err := without.Decline(ae, "", saying(t, "why"), at); err != nil {
		t.Errorf("a form without reasons: %v", err)
	}
}

func TestAskingAndAnsweringTakeTurns(t *testing.T) {
	h := standing(t, Waiting{})
	for n := 1; n <= 2; n++ {
		before := h
		var err error
		if h, err = h.Ask(ae, saying(t, "who?"), noon); err != nil {
			t.Fatal(err)
		}
		asked, ok := h.Status.(Asked)
		if !ok || asked.Question.Number != n || len(h.Asked) != n || len(before.Asked) != n-1 {
			t.Fatalf("asked: %+v; before it was %+v", h, before)
		}
		kept := h
		if h, err = h.Reply(sdr, saying(t, "Jo"), noon); err != nil {
			t.Fatal(err)
		}
		if _, ok := h.Status.(Waiting); !ok || h.Asked[n-1].Answer == nil || kept.Asked[n-1].Answer != nil {
			t.Fatalf("answered: %+v; before it was %+v", h, kept)
		}
	}
	if _, err := h.Ask(ae, Words{}, noon); !errors.Is(err, ErrNoWords) {
		t.Errorf("an empty question: %v", err)
	}
	asked, _ := h.Ask(ae, saying(t, "who?"), noon)
	if _, err := asked.Reply(sdr, Words{}, noon); !errors.Is(err, ErrNoWords) {
		t.Errorf("an empty answer: %v", err)
	}
	// The AE may decide without waiting for the answer.
	if _, err := asked.Accept(ae, noon); err != nil {
		t.Errorf("deciding with a question open: %v", err)
	}
}

func TestReassigningTakesAnotherAE(t *testing.T) {
	for name, tc := range map[string]struct {
		to   string
		want error
	}{
		"another AE":       {"UAE2", nil},
		"the same AE":      {"UAE", ErrSameAE},
		"the one who sent": {"USDR", ErrOwnSender},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := standing(t, Waiting{}).Reassign(manager, tc.to)
			if !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
			if err == nil && (h.AE != tc.to || h.Turn != 2) {
				t.Errorf("reassigned: %+v", h)
			}
		})
	}
}

func TestWhetherALeadMayBeHandedOff(t *testing.T) {
	in := func(state string) *Handoff { h := standing(t, states(t)[state]); return &h }
	usual := playbook.DefaultDeclines
	rep, boss := comeback{usual, false}, comeback{usual, true}
	never, thrice := comeback{playbook.Declines{Again: 0, Then: "owner"}, false}, comeback{playbook.Declines{Again: 3, Then: "owner"}, false}
	for name, tc := range map[string]struct {
		latest   *Handoff
		declined int
		by       comeback
		want     error
	}{
		"for the first time":                 {nil, 0, rep, nil},
		"while it waits":                     {in("waiting"), 0, rep, ErrOpen},
		"while a question is open":           {in("asked"), 0, rep, ErrOpen},
		"not by a manager either":            {in("waiting"), 0, boss, ErrOpen},
		"after an AE took it":                {in("accepted"), 0, boss, ErrTaken},
		"after it came back once":            {in("declined"), 1, rep, nil},
		"after it came back twice":           {in("declined"), 2, rep, ErrBounced},
		"… but a manager may":                {in("declined"), 2, boss, nil},
		"… also after more":                  {in("declined"), 5, boss, nil},
		"… a passer-by may as little as sdr": {in("declined"), 3, rep, ErrBounced},
		"where none comes back, at first":    {nil, 0, never, nil},
		"where none comes back, then not":    {in("declined"), 1, never, ErrBounced},
		"where one comes back three times":   {in("declined"), 3, thrice, nil},
		"… and not four times":               {in("declined"), 4, thrice, ErrBounced},
	} {
		t.Run(name, func(t *testing.T) {
			if err := maySend(tc.latest, tc.declined, tc.by); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
		})
	}
}

func TestWhatIsStillUnknownIsAsked(t *testing.T) {
	s := &Score{Criteria: []Criterion{{Label: "a", Standing: form.Confirmed}, {Label: "b", Standing: form.Heard}, {Label: "c", Standing: form.Unknown}}}
	if got := s.Unknown(); len(got) != 2 || got[0].Label != "b" || got[1].Label != "c" {
		t.Errorf("unknown: %+v", got)
	}
	var none *Score
	if none.Unknown() != nil {
		t.Error("without a scorecard something is unknown")
	}
}
