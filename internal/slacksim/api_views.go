package slacksim

import (
	"errors"
	"slices"
)

// checkedView reads the view argument and applies the rules of its surface.
func (c *call) checkedView(kind string) (obj, error) {
	def, ok := c.args["view"].(obj)
	if !ok {
		return nil, noBecause("invalid_arguments", "missing required field: view")
	}
	return c.s.judgeView(def, kind)
}

func (s *Server) judgeView(def obj, kind string) (obj, error) {
	if problems := s.checkView(def, kind); len(problems) > 0 {
		return nil, noBecause("invalid_arguments", append([]string{"failed to match all allowed schemas [json-pointer:/view]"}, problems...)...)
	}
	if len(encode(def)) > 250_000 {
		return nil, no("view_too_large")
	}
	return def, nil
}

// unique refuses an external_id that another view has.
func (s *Server) unique(def obj, except *view) error {
	external := text(def, "external_id")
	if external == "" {
		return nil
	}
	if other := s.openedView("", external); other != nil && other != except {
		return no("duplicate_external_id")
	}
	return nil
}

// triggered takes the trigger of an open or push. The view is judged first: a
// view that is refused does not use the trigger up.
func (c *call) triggered() (obj, *trigger, error) {
	def, err := c.checkedView("modal")
	if err != nil {
		return nil, nil, err
	}
	if err := c.s.unique(def, nil); err != nil {
		return nil, nil, err
	}
	id := text(c.args, "trigger_id")
	if id == "" {
		id = text(c.args, "interactivity_pointer")
	}
	t, err := c.s.exchange(id)
	return def, t, err
}

func openView(c *call) (obj, error) {
	s := c.s
	def, t, err := c.triggered()
	if err != nil {
		return nil, err
	}
	s.stacks[t.person] = nil
	v := s.pushOn(t.person, def)
	v.channel = t.channel
	s.fillDefaults(v)
	return obj{"view": s.viewObject(v)}, nil
}

// fillDefaults sets conversation pickers that start with where the person is.
func (s *Server) fillDefaults(v *view) {
	eachElement(list(v.def, "blocks"), func(block, e obj) {
		if !truth(e, "default_to_current_conversation") || v.channel == "" {
			return
		}
		value := obj{"type": text(e, "type"), "selected_conversation": v.channel}
		if text(e, "type") == "multi_conversations_select" {
			value = obj{"type": text(e, "type"), "selected_conversations": []any{v.channel}}
		}
		v.state.set(text(block, "block_id"), text(e, "action_id"), value)
	})
}

func pushView(c *call) (obj, error) {
	s := c.s
	def, t, err := c.triggered()
	if err != nil {
		return nil, err
	}
	switch n := len(s.stacks[t.person]); {
	case n == 0:
		return nil, no("invalid_trigger_id") // it was not handed out inside a modal that is still open
	case n >= mostViews:
		return nil, no("push_limit_reached")
	}
	return obj{"view": s.viewObject(s.pushOn(t.person, def))}, nil
}

func updateView(c *call) (obj, error) {
	s := c.s
	def, err := c.checkedView("")
	if err != nil {
		return nil, err
	}
	v := s.openedView(text(c.args, "view_id"), text(c.args, "external_id"))
	switch {
	case v == nil:
		return nil, no("not_found")
	case v.kind != text(def, "type"):
		return nil, noBecause("invalid_arguments", "must be of the same type as the view [json-pointer:/view/type]")
	}
	if hash := text(c.args, "hash"); hash != "" && hash != v.hash {
		return nil, no("hash_conflict")
	}
	if err := s.unique(def, v); err != nil {
		return nil, err
	}
	s.define(v, def)
	s.tell(Change{Kind: v.kind, Person: v.person})
	return obj{"view": s.viewObject(v)}, nil
}

func publishView(c *call) (obj, error) {
	s := c.s
	if !s.features.home {
		return nil, no("not_enabled")
	}
	person := text(c.args, "user_id")
	if m := s.members[person]; m == nil || m.Bot {
		return nil, noBecause("invalid_arguments", "invalid `user_id` [json-pointer:/user_id]")
	}
	def, err := c.checkedView("home")
	if err != nil {
		return nil, err
	}
	v := s.homes[person]
	if hash := text(c.args, "hash"); hash != "" && (v == nil || hash != v.hash) {
		return nil, no("hash_conflict")
	}
	if err := s.unique(def, v); err != nil {
		return nil, err
	}
	if v == nil {
		v = s.newView(person, "home", def)
		s.homes[person] = v
	} else {
		s.define(v, def)
	}
	s.tell(Change{Kind: "home", Person: person})
	return obj{"view": s.viewObject(v)}, nil
}

// answerSubmission does what the ack of a view_submission says. The caller
// holds s.mu.
func (s *Server) answerSubmission(v *view, o outcome) {
	v.pending = false
	fail := func(why string) {
		s.journal.add(Entry{Kind: "verdict", Name: "view_submission", Error: why, Response: o.payload})
		s.notices[v.person] = troubleConnecting
		s.modalChanged(v.person)
	}
	if o.failure != "" {
		fail(o.failure)
		return
	}
	if !slices.Contains(s.stacks[v.person], v) {
		return // closed by the person meanwhile
	}
	v.errors = nil
	switch action := text(o.payload, "response_action"); {
	case len(o.payload) == 0:
		s.shut(v)
	case action == "errors":
		found := map[string]string{}
		for block, words := range object(o.payload, "errors") {
			if s.inputBlock(v, block) == nil {
				fail("errors: no input block " + block)
				return
			}
			found[block], _ = words.(string)
		}
		if len(found) == 0 {
			fail("errors: none given")
			return
		}
		v.errors = found
		s.modalChanged(v.person)
	case action == "update" || action == "push":
		def, err := s.judgeView(object(o.payload, "view"), "modal")
		if err == nil {
			except := v
			if action == "push" {
				except = nil
			}
			err = s.unique(def, except)
		}
		switch {
		case err != nil:
			fail(action + ": " + err.Error() + detail(err))
		case action == "push" && len(s.stacks[v.person]) >= mostViews:
			fail("push: push_limit_reached")
		case action == "push":
			s.pushOn(v.person, def)
		default:
			s.define(v, def)
			delete(s.notices, v.person)
			s.modalChanged(v.person)
		}
	case action == "clear":
		s.stacks[v.person] = nil
		delete(s.notices, v.person)
		s.modalChanged(v.person)
	default:
		fail("unknown response_action " + action)
	}
}

// detail is what a refusal says besides its code.
func detail(err error) string {
	var r *refusal
	if !errors.As(err, &r) {
		return ""
	}
	var words string
	for _, m := range list(object(r.more, "response_metadata"), "messages") {
		words += " " + m.(string)
	}
	return words
}

func (s *Server) inputBlock(v *view, id string) obj {
	for _, block := range objects(v.def, "blocks") {
		if text(block, "block_id") == id && text(block, "type") == "input" {
			return block
		}
	}
	return nil
}

// What Slack's client says when the app does not answer in time.
const troubleConnecting = "We had some trouble connecting. Try again?"
