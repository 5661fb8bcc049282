package answers

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// Register is the table of contents: what people may type and click.
func (a *Answers) Register(r *chat.Router) {
	r.OnCommand(chat.CommandHelp{
		Name:  "/sop",
		Does:  "answers from the sales playbook",
		Usage: "[what you need, in your own words]",
		Examples: []chat.Example{
			{Typed: "/sop objection pricing", Gives: "what to say when it is too expensive"},
			{Typed: "/sop stage discovery", Gives: "a stage on one page: entry, actions, questions, exit"},
			{Typed: "/sop exit discovery", Gives: "only what lets a deal out of it; also ask, entry"},
			{Typed: "/sop", Gives: "browse by stage and kind"},
			{Typed: "/sop help", Gives: "this list"},
		},
	}, a.command)
	r.OnMention(a.mention)
	r.OnShortcut(chat.ShortcutHelp{Callback: "sop.find", Name: "Find in playbook", Does: "Looks up the message in the sales playbook", Message: true}, a.shortcut)
	r.OnClick(actionView, a.view)
	r.OnClick(actionMore, a.view)
	r.OnClick(actionKind, a.kind)
	r.OnClick(actionBrowse, a.browse)
	r.OnClick(actionTurn, a.turn)
	r.OnClick(actionShare, a.share)
	r.OnClick(actionHelpful, a.helpful)
	r.OnClick(actionUnhelpful, a.unhelpful)
	r.OnSubmission(callbackWhy, a.why)
}

// Start begins to keep questions; Stop writes the last of them.
func (a *Answers) Start() { a.recorder = a.newRecorder() }

// Stop writes what was asked and not yet written.
func (a *Answers) Stop() { a.recorder.close() }

// command answers /sop in its acknowledgement.
func (a *Answers) command(_ context.Context, c chat.Command) (chat.Message, error) {
	b := a.Book()
	switch text := question(c.Text); strings.ToLower(text) {
	case "":
		return a.browseMessage(b), nil
	case "help", "?", "hilfe":
		return a.helpMessage(b), nil
	default:
		f := b.ask(text)
		return a.answerMessage(f, a.record(f, c.Origin, viaCommand), state{}, true), nil
	}
}

// record keeps a question and gives its id.
func (a *Answers) record(f found, o chat.Origin, how via) string {
	id := database.NewID()
	hits := f.Hits
	if len(hits) == 0 {
		hits = f.Nearest
	}
	results := make([]string, len(hits))
	for i, h := range hits {
		results[i] = h.Page.ID
	}
	a.recorder.add(Question{ID: id, At: a.Now(), Person: o.Person, Channel: o.Channel, Via: string(how), Words: chat.Shorten(f.typed, longestQuestion),
		Verdict: verdictWords[f.Verdict], Results: results, Playbook: f.book.Version})
	return id
}

// mention answers in the thread of the message that addressed the bot.
func (a *Answers) mention(ctx context.Context, m chat.Mention) error {
	b := a.Book()
	var answer chat.Message
	switch text := question(m.Text); strings.ToLower(text) {
	case "":
		answer = a.browseMessage(b)
	case "help", "?":
		answer = a.helpMessage(b)
	default:
		how := viaMention
		if m.Direct {
			how = viaDirect
		}
		f := b.ask(strings.TrimSpace(strings.TrimPrefix(text, "/sop ")))
		answer = a.answerMessage(f, a.record(f, m.Origin, how), state{}, false)
	}
	answer.Thread = m.Thread()
	_, err := a.Slack.Post(ctx, m.Place.Channel, answer)
	return err
}

// shortcut looks a message up and shows the answer to the one who asked.
func (a *Answers) shortcut(ctx context.Context, s chat.Shortcut) error {
	text := question(s.Text)
	if text == "" {
		return chat.Refuse("There are no words in that message to look for. Try `/sop` with your own.")
	}
	f := a.Book().ask(text)
	return a.Slack.OpenView(ctx, s.Trigger, a.answerView(f, a.record(f, s.Origin, viaShortcut)))
}

// pointed reads the value of a button: the question's id and a page.
func pointed(value string) (question, ref string) {
	question, ref, _ = strings.Cut(value, " ")
	return question, ref
}

// view opens a page in a modal, on top of the one it was clicked in.
func (a *Answers) view(ctx context.Context, c chat.Click) error {
	b := a.Book()
	q, ref := pointed(c.Value)
	s, section, ok := b.find(ref)
	if !ok {
		return a.open(ctx, c, goneView())
	}
	// The modal first: its trigger lives 3 seconds.
	if err := a.open(ctx, c, a.pageView(s, section, place{Question: q, Ref: s.ref(section)})); err != nil {
		return err
	}
	c.Acknowledge()
	if q == "-" {
		q = ""
	}
	return a.opened(ctx, q, c.Person, s.ID, s.Sections[section].Slug)
}

// open shows a modal: on top of the one that was clicked in, or in its place
// when three are open already.
func (a *Answers) open(ctx context.Context, c chat.Click, view slack.ModalViewRequest) error {
	if c.View == nil {
		return a.Slack.OpenView(ctx, c.Trigger, view)
	}
	err := a.Slack.PushView(ctx, c.Trigger, view)
	if err != nil && strings.Contains(err.Error(), "push_limit_reached") {
		return a.Slack.UpdateView(ctx, c.View.ID, "", view)
	}
	return err
}

// kind lists the pages of a kind.
func (a *Answers) kind(ctx context.Context, c chat.Click) error {
	return a.open(ctx, c, a.kindView(a.Book(), playbook.Kind(c.Value), place{Question: "-"}))
}

// browse shows what there is to read.
func (a *Answers) browse(ctx context.Context, c chat.Click) error {
	m := a.browseMessage(a.Book())
	if c.Response == "" || c.View != nil || !c.Message.Ephemeral {
		return a.open(ctx, c, chat.Modal(callbackPage, "Playbook", "", "Close", place{Question: "-"}.String(), m.Blocks))
	}
	c.Acknowledge()
	m.Replace = true
	return a.Slack.Respond(ctx, c.Response, m)
}

// turn goes to another part of a long page or list, in the same modal.
func (a *Answers) turn(ctx context.Context, c chat.Click) error {
	at, ok := parsePlace(c.Value)
	if !ok || c.View == nil {
		return chat.Refuse("This button is from an older sopbot. Please ask again with `/sop`.")
	}
	b := a.Book()
	view := goneView()
	if at.Kind != "" {
		view = a.kindView(b, playbook.Kind(at.Kind), at)
	} else if s, section, ok := b.find(at.Ref); ok {
		view = a.pageView(s, section, at)
	}
	return a.Slack.UpdateView(ctx, c.View.ID, c.View.Hash, view)
}

// share posts an answer for everybody in the channel, once.
func (a *Answers) share(ctx context.Context, c chat.Click) error {
	q, ref := pointed(c.Value)
	b := a.Book()
	s, section, ok := b.find(ref)
	if !ok {
		return chat.Refuse("This page is no longer in the playbook, so it was not shared. Ask again with `/sop` to find what took its place.")
	}
	first, err := a.claimShare(ctx, q, c.Person, c.Channel, s.ID, s.Sections[section].Slug)
	if err != nil {
		return err
	}
	c.Acknowledge()
	if !first {
		return chat.Refuse("This answer was already shared here.")
	}
	extent, from := a.extentAgain(ctx, b, q, s, section)
	if err := a.Slack.Respond(ctx, c.Response, a.sharedMessage(s, extent, from, c.Person)); err != nil {
		if undo := a.unclaimShare(ctx, q, c.Channel, s.ID); undo != nil {
			a.Log.Error("a share that failed still counts as shared", "error", undo)
		}
		a.Log.Warn("sharing an answer", "error", err)
		return chat.Refuse("Slack did not take the message, so nothing was shared. Please try again in a moment.")
	}
	return a.refresh(ctx, c, q, "")
}

// extentAgain gives what an answer showed: as its question leads to it, if
// that is known and still leads to that page.
func (a *Answers) extentAgain(ctx context.Context, b *Book, q string, s *sheet, section int) (e extent, from int) {
	f := found{book: b}
	if words, ok, err := a.words(ctx, q); err == nil && ok {
		f = b.ask(words)
		if best, at, ok := f.best(); ok && best.ID == s.ID {
			section = at
		}
	}
	return f.extent(s, section)
}

// refresh shows the answer again with what was done with it. Where the
// answer is not the person's own, they are thanked beside it.
func (a *Answers) refresh(ctx context.Context, c chat.Click, q, thanks string) error {
	if c.Message.Ephemeral && c.Response != "" {
		words, ok, err := a.words(ctx, q)
		if err != nil {
			return err
		}
		if ok {
			f := a.Book().ask(words)
			if s, _, answered := f.best(); answered {
				st, err := a.state(ctx, q, c.Person, c.Channel, s.ID)
				if err != nil {
					return err
				}
				m := a.answerMessage(f, q, st, true)
				m.Replace = true
				return a.Slack.Respond(ctx, c.Response, m)
			}
		}
	}
	if thanks == "" || c.Response == "" {
		return nil
	}
	return a.Slack.Respond(ctx, c.Response, chat.Say(thanks))
}

// helpful keeps that an answer helped.
func (a *Answers) helpful(ctx context.Context, c chat.Click) error {
	q, s, section, err := a.rated(c)
	if err != nil {
		return err
	}
	if err := a.rate(ctx, q, c.Person, s.ID, section, true, ""); err != nil {
		return err
	}
	c.Acknowledge()
	return a.refresh(ctx, c, q, "Thank you. It is kept with the page that it helped.")
}

// unhelpful keeps that an answer did not help, and asks what was missing.
func (a *Answers) unhelpful(ctx context.Context, c chat.Click) error {
	q, s, section, err := a.rated(c)
	if err != nil {
		return err
	}
	if err := a.rate(ctx, q, c.Person, s.ID, section, false, ""); err != nil {
		return err
	}
	_, ref := pointed(c.Value)
	if err := a.open(ctx, c, whyView(q, ref, s.Title)); err != nil {
		a.Log.Warn("asking why an answer did not help", "error", err)
	}
	c.Acknowledge()
	return a.refresh(ctx, c, q, "")
}

func (a *Answers) rated(c chat.Click) (q string, s *sheet, section string, err error) {
	q, ref := pointed(c.Value)
	s, n, ok := a.Book().find(ref)
	if !ok {
		return "", nil, "", chat.Refuse("This page is no longer in the playbook. Ask again with `/sop` to find what took its place.")
	}
	return q, s, s.Sections[n].Slug, nil
}

// why keeps what was missing.
func (a *Answers) why(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	text := strings.TrimSpace(s.View.State.Text("why"))
	at, ok := parsePlace(s.View.Private)
	if !ok || text == "" {
		return chat.Answer{}, nil
	}
	page, section, ok := a.Book().find(at.Ref)
	if !ok {
		return chat.Answer{}, chat.Refuse("This page is no longer in the playbook; your words were not kept.")
	}
	return chat.Answer{}, a.rate(ctx, at.Question, s.Person, page.ID, page.Sections[section].Slug, false, text)
}
