package playbook

import (
	"strings"
)

// Kind says what a page is for; it decides which keys its front matter has.
type Kind string

// The kinds of pages. They are written in front matter as `kind: objection`.
const (
	KindPage       Kind = "page"       // prose
	KindObjection  Kind = "objection"  // what to say when the prospect objects
	KindTemplate   Kind = "template"   // ready-to-send message with {{placeholders}}
	KindOpener     Kind = "opener"     // cold-call opener
	KindPersona    Kind = "persona"    // buyer persona of the ideal customer profile
	KindStage      Kind = "stage"      // one stage of the sales cycle
	KindFramework  Kind = "framework"  // scored qualification
	KindForm       Kind = "form"       // a modal
	KindTool       Kind = "tool"       // how a tool of the stack is used
	KindOnboarding Kind = "onboarding" // one step of the path for new hires
)

// Kinds lists all kinds in the order in which people browse them.
var Kinds = []Kind{KindStage, KindObjection, KindTemplate, KindOpener, KindPersona, KindFramework, KindForm, KindTool, KindOnboarding, KindPage}

// Part names the piece of a page's front matter that a section was made
// from, so that `/sop exit discovery` can be told from `/sop ask discovery`.
// It is empty for sections of prose.
type Part string

// The parts of front matter that become sections of their own.
const (
	PartNone     Part = ""
	PartEntry    Part = "entry"
	PartActions  Part = "actions"
	PartAsk      Part = "ask"
	PartCapture  Part = "capture"
	PartExit     Part = "exit"
	PartCriteria Part = "criteria"
	PartFields   Part = "fields"
	PartReasons  Part = "reasons"
	PartTasks    Part = "tasks"
)

// Page is one Markdown file of the playbook. It is immutable once loaded.
type Page struct {
	ID       string   // unique in the playbook; the path without ".md" unless front matter says otherwise
	File     string   // slash-separated path inside the playbook folder, such as "objections/pricing.md"
	Kind     Kind     // KindPage where front matter is absent
	Title    string   // front matter, else first heading, else the file's name; never empty
	Owner    string   // member ID, handle or e-mail as written; empty if nobody
	Review   Interval // how often the page is reviewed; zero if never
	Reviewed Date     // when it was last reviewed; zero if unknown
	Tags     []string
	Aliases  []string // other words that people use for the page
	Audience []string // roles the page is for; empty = everybody

	Body        string    // the Markdown below the front matter
	Sections    []Section // in page order, prose first, then the parts of the front matter; never empty
	Links       []Link    // links to other pages, in page order
	FrontMatter bool      // whether the file has front matter: a page without is imported prose

	// What only some kinds have; nil for the others.
	Objection  *Objection
	Template   *Template
	Stage      *Stage
	Framework  *Framework
	Form       *Form
	Tool       *Tool
	Onboarding *Onboarding
}

// Section is the piece of a page from one heading to the next, or a part of
// the front matter written out as Markdown.
type Section struct {
	N        int      // place in Page.Sections: 0 is the text before the first heading if there is any
	Slug     string   // the heading as a link anchor, unique in the page; "" for text before the first heading
	Level    int      // 1 to 6 as in Markdown; 0 for text before the first heading; 2 for parts
	Heading  []string // headings from the outermost to this section's own; empty for text before the first
	Part     Part     // which front matter it shows; PartNone for prose
	Markdown string   // its text as Markdown without its own heading line, up to the next heading of any level
	Plain    string   // its text without marks, for searching
	Line     int      // 1-based line of the file where it starts
}

// Title is the section's own heading, or "" for text before the first one.
func (s Section) Title() string {
	if len(s.Heading) == 0 {
		return ""
	}
	return s.Heading[len(s.Heading)-1]
}

// Section returns the section of that anchor.
func (p *Page) Section(slug string) (Section, bool) {
	for _, s := range p.Sections {
		if s.Slug == slug {
			return s, true
		}
	}
	return Section{}, false
}

// Part returns the section that was made from that part of the front matter.
func (p *Page) Part(part Part) (Section, bool) {
	for _, s := range p.Sections {
		if s.Part == part {
			return s, true
		}
	}
	return Section{}, false
}

// Link is a link from a page to another page of the playbook.
type Link struct {
	Destination string // as written
	Page        string // ID of the page it leads to; empty if there is none
	Anchor      string // section slug, or ""
	Line        int    // 1-based
	Column      int    // 1-based
}

// ForAudience reports whether the page is meant for somebody with these
// roles. A page without an audience is for everybody.
func (p *Page) ForAudience(roles []string) bool {
	if len(p.Audience) == 0 {
		return true
	}
	for _, a := range p.Audience {
		for _, r := range roles {
			if strings.EqualFold(a, r) {
				return true
			}
		}
	}
	return false
}

// KindWord reads a word that people put first to say what they look for
// ("objections", "exit", "checklist"). It gives the kind of page, the part of
// a stage, or both zero with ok false.
func KindWord(word string) (kind Kind, part Part, ok bool) {
	w := strings.ToLower(word)
	if k, p, ok := kindWord(w); ok {
		return k, p, true
	}
	// English plurals of these words: personas, criteria lists, templates, entries, processes.
	for _, cut := range []struct{ suffix, put string }{{"ies", "y"}, {"es", ""}, {"s", ""}} {
		if strings.HasSuffix(w, cut.suffix) {
			if k, p, ok := kindWord(strings.TrimSuffix(w, cut.suffix) + cut.put); ok {
				return k, p, true
			}
		}
	}
	return "", "", false
}

func kindWord(w string) (Kind, Part, bool) {
	switch w {
	case "ask", "question":
		return "", PartAsk, true
	case "exit":
		return "", PartExit, true
	case "entry":
		return "", PartEntry, true
	case "capture":
		return "", PartCapture, true
	case "checklist":
		return KindStage, "", true
	case "page":
		// Everybody says "page" of anything, so it narrows nothing.
		return "", "", false
	}
	for _, k := range Kinds {
		if w == string(k) {
			return k, "", true
		}
	}
	return "", "", false
}
