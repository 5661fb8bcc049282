package lead

import (
	"errors"
	"strings"
	"testing"

	"sopbot/internal/chat"
)

func TestAnAssignmentIsReadAsSlackSendsIt(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want assignment
	}{
		"a person, a company and a link": {"<@U0SAM|sam> Northwind, Kim Lee <https://northwind.example>", assignment{"U0SAM", Name{"Northwind", "Kim Lee"}, "https://northwind.example"}},
		"in another order":               {"<https://northwind.example|northwind.example> Northwind <@U0SAM>", assignment{"U0SAM", Name{"Northwind", ""}, "https://northwind.example"}},
		"nobody named":                   {"Northwind", assignment{"", Name{"Northwind", ""}, ""}},
		"a bare link":                    {"Northwind https://northwind.example/a?b=1&amp;c=2", assignment{"", Name{"Northwind", ""}, "https://northwind.example/a?b=1&c=2"}},
		"a bare link with a comma":       {"https://northwind.example, Northwind", assignment{"", Name{"Northwind", ""}, "https://northwind.example"}},
		"a link's label counts nothing":  {"Northwind <https://northwind.example|https://bank.example>", assignment{"", Name{"Northwind", ""}, "https://northwind.example"}},
		"the same link twice":            {"Northwind <https://northwind.example> https://northwind.example", assignment{"", Name{"Northwind", ""}, "https://northwind.example"}},
		"what Slack escapes is read":     {"Smith &amp; Sons &lt;3", assignment{"", Name{"Smith & Sons <3", ""}, ""}},
		"an e-mail is no name of ours":   {"Northwind, kim@northwind.example", assignment{"", Name{"Northwind", "kim@northwind.example"}, ""}},
		"a mention without its label":    {"<@W0EXT> Northwind", assignment{"W0EXT", Name{"Northwind", ""}, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseAssignment(tc.text)
			if err != nil || got != tc.want {
				t.Errorf("%+v, %v; want %+v", got, err, tc.want)
			}
		})
	}
	for name, tc := range map[string]struct{ text, want string }{
		"two people":               {"<@U0SAM> <@U0PRIYA> Northwind", "one owner, and there are two"},
		"a group":                  {"<!subteam^S0SDR|@sdrs> Northwind", "names a group"},
		"everybody":                {"<!channel> Northwind", "names a group"},
		"a name Slack knows not":   {"@nobody Northwind", "knows nobody called @nobody"},
		"a name in other letters":  {"@дана Northwind", "knows nobody called @дана"},
		"no company":               {"<@U0SAM> <https://northwind.example>", "The company is missing"},
		"signs for a company":      {"<@U0SAM> !!!", "The company is missing"},
		"two links":                {"Northwind <https://a.example> <https://b.example>", "two links"},
		"a link without a host":    {"Northwind https://?x", "is not a web address"},
		"a link with a password":   {"Northwind https://kim:secret@northwind.example", "without them"},
		"a name as long as a page": {strings.Repeat("north ", 50), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseAssignment(tc.text)
			var words chat.Refusal
			if !errors.As(err, &words) || !strings.Contains(string(words), tc.want) {
				t.Errorf("%v, want words with %q", err, tc.want)
			}
			if strings.Contains(string(words), "secret") {
				t.Errorf("the refusal repeats a password: %s", words)
			}
		})
	}
}
