package deadline

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

func click(by, action, value string) chat.Click {
	return chat.Click{Origin: chat.Origin{Person: by}, Action: action, Value: value}
}

// Every click is answered: by the wrong person, late, on an old card.
func TestWhoMayClickWhat(t *testing.T) {
	t.Parallel()
	type row struct {
		by, action, span string
		settings         string
		over             bool
		want             string // in the refusal; "" = it is done
	}
	rows := map[string]row{
		"the person is done":                     {by: "USAM", action: actionDone},
		"a manager is done with it":              {by: "UBOSS", action: actionDone},
		"a passer-by is not":                     {by: "UKIM", action: actionDone, want: "*Taste the dough* is for <@USAM> to do. Only they or a manager can change it, so nothing was changed."},
		"where nobody is a manager, nobody is":   {by: "UBOSS", action: actionDone, settings: strings.Replace(bakery, "manager: [UBOSS], ", "", 1), want: "Only they or a manager"},
		"the person snoozes":                     {by: "USAM", action: actionSnooze, span: " 2h"},
		"a passer-by does not":                   {by: "UKIM", action: actionSnooze, span: " 2h", want: "Only they or a manager"},
		"a span that is not offered":             {by: "USAM", action: actionSnooze, span: " 9d", want: "A reminder can be put off by 30 minutes, 1 hour or 2 hours."},
		"done twice":                             {by: "USAM", action: actionDone, over: true, want: "*Taste the dough* is done already: <@UBOSS>, "},
		"snoozed when it is over":                {by: "USAM", action: actionSnooze, span: " 1h", over: true, want: "is done already"},
		"opened when it is over":                 {by: "USAM", action: actionOpen, over: true, want: "is done already"},
		"a button of another playbook":           {by: "USAM", action: actionOpen, want: "belongs to another version of the playbook"},
		"passing on, which no feature knows how": {by: "USAM", action: actionPass, want: "belongs to another version of the playbook"},
	}
	each(t, func(t *testing.T, r *rig, _ func(time.Duration)) {
		router := chat.NewRouter()
		r.Register(router)
		for name, tc := range rows {
			t.Run(name, func(t *testing.T) {
				r.shelf.Use(load(t, cmp.Or(tc.settings, bakery), lookUp, streets))
				subject := "call/" + name
				r.happens(Happening{Event: playbook.EventCallHeld, Subject: subject, Title: "Miller", Who: map[string]string{"owner": "USAM"}})
				before := r.one(subject)
				if tc.over {
					r.write(func(tx *database.Tx) error { _, err := r.Done(tx, before.ID, "UBOSS"); return err })
				}
				err := router.Click(ctx, click(tc.by, tc.action+":"+before.ID, before.ID+tc.span))
				var refused chat.Refusal
				if tc.want == "" && err != nil || tc.want != "" && (!errors.As(err, &refused) || !strings.Contains(string(refused), tc.want)) {
					t.Errorf("said %v, want %q", err, tc.want)
				}
				after := r.every(subject)[0]
				changed := after.Status.state() != before.Status.state() || !after.Snoozed.Equal(before.Snoozed)
				if want := tc.want == "" || tc.over; changed != want {
					t.Errorf("changed: %v, want %v", changed, want)
				}
			})
		}
	})
}

func TestAnUnknownDeadlineIsSaid(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig, _ func(time.Duration)) {
		for _, do := range []func(context.Context, chat.Click) error{r.clickDone, r.clickOpen, r.clickPass} {
			if err := do(ctx, click("USAM", "", "gone")); err == nil || !strings.Contains(err.Error(), "no longer there") {
				t.Error(err)
			}
		}
	})
}

// The button of an action leads to what ends it: the form that the playbook
// names, the answer that a feature waits for, or Done.
func TestTheButtonLeadsToWhatEndsTheAction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig, _ func(time.Duration)) {
		var opened []string
		opens := func(what string) Opener {
			return Opener{Label: what, Open: func(_ context.Context, c chat.Click, on Deadline) error {
				opened = append(opened, what+" "+on.Subject+" "+c.Person)
				return nil
			}}
		}
		form := opens("")
		r.Forms = map[string]Opener{"form-of-streets": form}
		r.Answers = map[playbook.Event]Opener{playbook.EventHandoffSent: opens("Answer")}
		r.Passes = map[string]Opener{"lead": opens("Pass")}
		for _, e := range []playbook.Event{playbook.EventLeadAssigned, playbook.EventCallHeld, playbook.EventHandoffSent} {
			r.happens(Happening{Event: e, Subject: "lead/L1", Who: map[string]string{"owner": "USAM"}})
		}
		var labels []string
		router := chat.NewRouter()
		r.Register(router)
		for _, on := range r.open("lead/L1") {
			_, opens := r.opener(on)
			label := "Done"
			if o, found := r.opener(on); found {
				label = o.Label
			}
			labels = append(labels, on.Action.ID+"="+label)
			if err := router.Click(ctx, click("USAM", actionOpen, on.ID)); (err == nil) != opens {
				t.Errorf("%s: %v", on.Action.ID, err)
			}
			if len(r.Buttons(on)) != 2 {
				t.Errorf("%s has %d buttons", on.Action.ID, len(r.Buttons(on)))
			}
		}
		if got, want := strings.Join(labels, ", "), "look_up=Streets, answer=Answer, taste=Done"; got != want {
			t.Errorf("labels %s, want %s", got, want)
		}
		if err := router.Click(ctx, click("UBOSS", actionPass, r.open("lead/L1")[0].ID)); err != nil {
			t.Error(err)
		}
		if got, want := strings.Join(opened, ", "), " lead/L1 USAM, Answer lead/L1 USAM, Pass lead/L1 UBOSS"; got != want {
			t.Errorf("opened %q, want %q", got, want)
		}
	})
}
