package playbook

import "testing"

func TestAShelfKeepsWhatFormsWereOpenedWith(t *testing.T) {
	var s Shelf
	if s.InForce() != nil || s.Version("a") != nil {
		t.Error("an empty shelf holds a playbook")
	}
	a, b := &Playbook{Version: "a"}, &Playbook{Version: "b"}
	s.Use(a)
	s.Use(b)
	if s.InForce() != b || s.Version("a") != a || s.Version("gone") != b {
		t.Error("the one in force, the one before, or the fall-back is wrong")
	}
	again := &Playbook{Version: "a"}
	s.Use(again)
	if s.InForce() != again || s.Version("a") != again || s.Version("b") != b {
		t.Error("a change that was taken back is not in force")
	}
	for i := range 2 * shelved {
		s.Use(&Playbook{Version: string(rune('A' + i))})
	}
	if len(s.books) != shelved+1 {
		t.Errorf("%d playbooks are kept", len(s.books))
	}
}

func TestAShelfAsksForWhatItDoesNotHave(t *testing.T) {
	asked := map[string]int{}
	old := &Playbook{Version: "old"}
	s := Shelf{Older: func(version string) *Playbook {
		asked[version]++
		if version == "old" {
			return old
		}
		return nil
	}}
	now := &Playbook{Version: "now"}
	s.Use(now)
	for range 2 {
		if s.Version("old") != old {
			t.Error("the older playbook is not given")
		}
	}
	if asked["old"] != 1 {
		t.Errorf("an older playbook was asked for %d times, want once", asked["old"])
	}
	if s.Version("gone") != now || s.Version("") != now || s.Version("now") != now || s.InForce() != now {
		t.Error("what nobody has, and what is in force, is the one in force")
	}
	if asked["gone"] != 1 || asked[""] != 0 || asked["now"] != 0 {
		t.Errorf("it asked for %v", asked)
	}
}
