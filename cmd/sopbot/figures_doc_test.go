package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tried are the tests, benchmarks and fuzz tests of the module, by folder.
func tried(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`)
	root := os.DirFS("../..")
	if err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		raw, err := fs.ReadFile(root, name)
		for _, m := range declared.FindAllStringSubmatch(string(raw), -1) {
			out[path.Dir(name)] = append(out[path.Dir(name)], m[1])
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	goTest   = regexp.MustCompile("(?:go|\\$\\(GO\\)) test [^\n`]*")
	asks     = regexp.MustCompile(`-(run|bench) ('[^']*'|\S+)`)
	packages = regexp.MustCompile(`\./(?:internal|cmd)[\w/]*(?:\.\.\.)?`)
	bare     = regexp.MustCompile("`(-(?:bench|run) [^`]*)`")
	named    = regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w{3,}\b`)
)

// idle gives the words of -run and -bench in a command that nothing in its
// packages answers to.
func idle(command string, all map[string][]string) (out []string) {
	for _, ask := range asks.FindAllStringSubmatch(command, -1) {
		kind := map[string]string{"run": "Test", "bench": "Benchmark"}[ask[1]]
		pattern := strings.ReplaceAll(strings.Trim(ask[2], "'"), "$$", "$") // as make writes it
		if pattern == "^$" {
			continue
		}
		for _, word := range strings.Split(pattern, "|") {
			re, err := regexp.Compile(word)
			found := false
			for dir, names := range all {
				asked := false
				for _, p := range packages.FindAllString(command, -1) {
					p = strings.TrimPrefix(p, "./")
					whole := strings.TrimSuffix(p, "/...")
					asked = asked || dir == p || whole != p && (dir == whole || strings.HasPrefix(dir, whole+"/"))
				}
				for _, name := range names {
					found = found || err == nil && asked && strings.HasPrefix(name, kind) && re.MatchString(name)
				}
			}
			if !found {
				out = append(out, word)
			}
		}
	}
	return out
}

// A figure is worth as much as the command that measures it: each that the
// documents and the Makefile name does something, and each part of
// docs/figures.md names one.
func TestWhatTheDocumentsNameMeasures(t *testing.T) {
	t.Parallel()
	all := tried(t)
	every := map[string]bool{}
	for _, names := range all {
		for _, name := range names {
			every[name] = true
		}
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, names := 0, 0
	for _, page := range append(pages, "../../README.md", "../../CHANGELOG.md", "../../Makefile") {
		raw, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text, where := string(raw), filepath.Base(page)
		for _, name := range named.FindAllString(text, -1) {
			names++
			if !every[name] {
				t.Errorf("%s names %s, which there is not", where, name)
			}
		}
		said := goTest.FindAllString(text, -1)
		for _, m := range bare.FindAllStringSubmatch(text, -1) { // "…and `-bench X ./y`"
			said = append(said, m[1])
		}
		for _, command := range said {
			commands++
			for _, word := range idle(command, all) {
				t.Errorf("%s: in %q nothing is called %s", where, command, word)
			}
		}
		if where != "figures.md" {
			continue
		}
		for _, part := range strings.Split(text, "\n## ")[1:] {
			title, _, _ := strings.Cut(part, "\n")
			if !goTest.MatchString(part) && !named.MatchString(part) {
				t.Errorf("what %q tells, no command measures", title)
			}
		}
	}
	if commands < 15 || names < 15 {
		t.Errorf("only %d commands and %d names were looked at", commands, names)
	}
	if got := idle("go test -run '^$' -bench 'Serve|Nothing' ./cmd/sopbot", all); len(got) != 1 || got[0] != "Nothing" {
		t.Errorf("of a word that nothing answers to it is said: %q", got)
	}
}

// A test that is long in a soak is in the soak.
func TestWhatIsLongInASoakIsSoaked(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var soaked []string
	for line := range strings.Lines(string(raw)) {
		if strings.Contains(line, "SOPBOT_SOAK=1") {
			soaked = append(soaked, line)
		}
	}
	long := 0
	asked := regexp.MustCompile(`\b(?:soak|longOrShort|killRounds|killAndCheck)\(|Getenv\("SOPBOT_SOAK"\)`)
	root := os.DirFS("../..")
	if err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "figures_doc_test.go") {
			return err
		}
		raw, err := fs.ReadFile(root, name)
		for _, part := range strings.Split("\n"+string(raw), "\nfunc ")[1:] {
			test, _, _ := strings.Cut(part, "(")
			if !strings.HasPrefix(test, "Test") || !asked.MatchString(part) {
				continue
			}
			long++
			reached := false
			for _, line := range soaked {
				_, pattern, _ := strings.Cut(line, "-run '")
				pattern, in, _ := strings.Cut(pattern, "'")
				reached = reached || regexp.MustCompile(pattern).MatchString(test) && slices.Contains(strings.Fields(in), "./"+path.Dir(name))
			}
			if !reached {
				t.Errorf("make soak leaves out %s of %s", test, path.Dir(name))
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if long < 8 {
		t.Errorf("only %d are long", long)
	}
}
