package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var checkShape = regexp.MustCompile(`^(settings|playbook|slack|bot-token|scopes|clock|app-token|app|socket|manifest|role|channel|workspace|database|disk|outbox|backup|http)\.[a-z-]+$`)

// The names of checks are read by other programs: docs/doctor.md lists each that
// the code has, and no other.
func TestEveryCheckOfTheDoctorIsListed(t *testing.T) {
	inCode := map[string]bool{}
	for word, where := range wordsIn(t, ".", "") {
		if checkShape.MatchString(word) && strings.HasPrefix(where, "doctor") {
			inCode[word] = true
		}
	}
	page, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	inWords := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z.-]+)` \\| ((?:ok|warning|problem|skipped)(?:, (?:ok|warning|problem|skipped))*) \\| [^|]+ \\|$").FindAllStringSubmatch(string(page), -1) {
		if inWords[row[1]] {
			t.Errorf("%s is listed twice", row[1])
		}
		inWords[row[1]] = true
	}
	if want, got := slices.Sorted(maps.Keys(inCode)), slices.Sorted(maps.Keys(inWords)); !slices.Equal(want, got) || len(got) < 20 {
		for _, name := range want {
			if !inWords[name] {
				t.Errorf("%s is not listed", name)
			}
		}
		for _, name := range got {
			if !inCode[name] {
				t.Errorf("%s is listed, and not found by the doctor", name)
			}
		}
	}
}
