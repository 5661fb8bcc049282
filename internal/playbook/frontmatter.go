package playbook

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader reads one YAML document and says where in the file each problem is.
// It walks the syntax tree rather than decoding into structs, because every
// complaint must name its line and column and the nearest known key.
type reader struct {
	file     string
	shift    int // lines of the file before the YAML starts
	problems Problems
	anchors  map[string]ast.Node
	actionAt map[string]spot // where each action is written, by its id
}

// spot is a place in the file.
type spot struct{ line, column int }

func (r *reader) errorf(at spot, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: at.line, Column: at.column, Severity: Error, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) warnf(at spot, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: at.line, Column: at.column, Severity: Warning, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) at(n ast.Node) spot {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return spot{r.shift + 1, 1}
	}
	p := n.GetToken().Position
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return r.at(m.Values[0].Key)
	}
	return spot{p.Line + r.shift, max(p.Column, 1)}
}

// document parses YAML into its top mapping. An empty document gives an empty
// mapping; ok is false when it is not YAML or not a mapping (already
// complained of).
func (r *reader) document(source string) (m *mapping, ok bool) {
	defer func() {
		// A parser that meets text from outside must not take the bot down.
		if p := recover(); p != nil {
			r.errorf(spot{r.shift + 1, 1}, "this is not YAML that can be read")
			m, ok = nil, false
		}
	}()
	f, err := parser.ParseBytes([]byte(source), 0)
	if err != nil {
		at, message := spot{r.shift + 1, 1}, err.Error()
		var syntax *yaml.SyntaxError
		var double *yaml.DuplicateKeyError
		switch {
		case errors.As(err, &syntax):
			message = syntax.Message
			if t := syntax.Token; t != nil && t.Position != nil {
				at = spot{t.Position.Line + r.shift, max(t.Position.Column, 1)}
			}
		case errors.As(err, &double):
			message = double.Message
			if t := double.Token; t != nil && t.Position != nil {
				at = spot{t.Position.Line + r.shift, max(t.Position.Column, 1)}
			}
		}
		message, _, _ = strings.Cut(message, "\n")
		r.errorf(at, "this is not valid YAML: %s", message)
		return nil, false
	}
	empty := &mapping{r: r, at: spot{r.shift + 1, 1}}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return empty, true
	}
	if len(f.Docs) > 1 {
		r.errorf(r.at(f.Docs[1].Body), "only one YAML document is expected here")
	}
	body := f.Docs[0].Body
	r.anchors = map[string]ast.Node{}
	collectAnchors(body, r.anchors)
	switch r.resolve(body).(type) {
	case *ast.NullNode, *ast.CommentGroupNode:
		return empty, true
	}
	return r.mapping(body, "settings")
}

func collectAnchors(n ast.Node, into map[string]ast.Node) {
	ast.Walk(anchorVisitor(into), n)
}

type anchorVisitor map[string]ast.Node

func (v anchorVisitor) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok && a.Name != nil {
		v[a.Name.GetToken().Value] = a.Value
	}
	return v
}

// resolve looks through tags, anchors and aliases to the value itself.
func (r *reader) resolve(n ast.Node) ast.Node {
	for range 16 { // an alias may name an alias, but not for ever
		switch v := n.(type) {
		case *ast.TagNode:
			n = v.Value
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			to, ok := r.anchors[v.Value.GetToken().Value]
			if !ok {
				r.errorf(r.at(v), "there is no anchor &%s", v.Value.GetToken().Value)
				return nil
			}
			n = to
		default:
			return n
		}
	}
	return nil
}

// scalar gives a value as it was written, without quotes.
func (r *reader) scalar(n ast.Node) (text string, ok bool) {
	switch v := r.resolve(n).(type) {
	case nil:
		return "", true
	case *ast.NullNode:
		return "", true
	case *ast.StringNode:
		return strings.TrimSpace(v.Value), true
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value), true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(v.GetToken().Value), true
	}
	return "", false
}

// mapping is a YAML mapping that is being read. Reading a key marks it as
// known; end complains of the others.
type mapping struct {
	r      *reader
	at     spot
	what   string
	keys   []string
	values map[string]ast.Node
	spots  map[string]spot
	known  []string
}

func (r *reader) mapping(n ast.Node, what string) (*mapping, bool) {
	m := &mapping{r: r, at: r.at(n), what: what, values: map[string]ast.Node{}, spots: map[string]spot{}}
	var pairs []*ast.MappingValueNode
	switch v := r.resolve(n).(type) {
	case *ast.MappingNode:
		pairs = v.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{v}
	default:
		r.errorf(m.at, "%s must be written as `key: value` lines", what)
		return nil, false
	}
	for _, pair := range pairs {
		key, ok := r.scalar(pair.Key)
		if !ok || key == "" {
			r.errorf(r.at(pair.Key), "this is not a key that can be read")
			continue
		}
		if _, double := m.values[key]; double {
			r.errorf(r.at(pair.Key), "%q is written twice", key)
			continue
		}
		m.keys = append(m.keys, key)
		m.values[key] = pair.Value
		m.spots[key] = r.at(pair.Key)
	}
	return m, true
}

func (m *mapping) see(key string) (ast.Node, spot, bool) {
	m.known = append(m.known, key)
	n, ok := m.values[key]
	if !ok {
		return nil, m.at, false
	}
	if _, null := m.r.resolve(n).(*ast.NullNode); null {
		return nil, m.spots[key], false
	}
	return n, m.r.at(n), true
}

// has reports whether the key is written, with a value or without.
func (m *mapping) has(key string) bool { _, ok := m.values[key]; return ok }

// spot is where the key is written, or where the mapping starts.
func (m *mapping) spot(key string) spot {
	if s, ok := m.spots[key]; ok {
		return s
	}
	return m.at
}

func (m *mapping) text(key string) string {
	n, at, ok := m.see(key)
	if !ok {
		return ""
	}
	s, ok := m.r.scalar(n)
	if !ok {
		m.r.errorf(at, "%s must be a text", key)
	}
	return s
}

// required reads a text that must be there.
func (m *mapping) required(key string) string {
	s := m.text(key)
	if s == "" {
		m.r.errorf(m.spot(key), "%s needs %q", m.what, key)
	}
	return s
}

func (m *mapping) number(key string) (int, bool) {
	n, at, ok := m.see(key)
	if !ok {
		return 0, false
	}
	s, ok := m.r.scalar(n)
	v, err := strconv.Atoi(s)
	if !ok || err != nil || v < 0 || v > 1_000_000 {
		m.r.errorf(at, "%s must be a whole number, written like 2", key)
		return 0, false
	}
	return v, true
}

func (m *mapping) yesNo(key string) bool {
	n, at, ok := m.see(key)
	if !ok {
		return false
	}
	s, _ := m.r.scalar(n)
	switch strings.ToLower(s) {
	case "true", "yes":
		return true
	case "false", "no":
		return false
	}
	m.r.errorf(at, "%s must be true or false", key)
	return false
}

// nodes reads a list; one value alone counts as a list of one.
func (m *mapping) nodes(key string) []ast.Node {
	n, _, ok := m.see(key)
	if !ok {
		return nil
	}
	if s, ok := m.r.resolve(n).(*ast.SequenceNode); ok {
		return s.Values
	}
	return []ast.Node{n}
}

// texts reads a list of texts, or one text.
func (m *mapping) texts(key string) []string {
	var out []string
	for _, n := range m.nodes(key) {
		s, ok := m.r.scalar(n)
		if !ok {
			m.r.errorf(m.r.at(n), "each of %s must be a text", key)
			continue
		}
		if s == "" {
			m.r.errorf(m.r.at(n), "one of %s is empty", key)
			continue
		}
		out = append(out, s)
	}
	return out
}

// each reads a list of mappings.
func (m *mapping) each(key, what string, read func(*mapping)) {
	for _, n := range m.nodes(key) {
		if item, ok := m.r.mapping(n, what); ok {
			read(item)
			item.end()
		}
	}
}

func (m *mapping) span(key string) Span {
	n, at, ok := m.see(key)
	if !ok {
		return Span{}
	}
	text, ok := m.r.scalar(n)
	s, err := ParseSpan(text)
	if !ok || err != nil {
		m.r.errorf(at, "%s: %s", key, spanComplaint(text, err))
	}
	return s
}

func spanComplaint(text string, err error) string {
	if err == nil {
		return fmt.Sprintf("%q is not a length of time", text)
	}
	return err.Error()
}

func (m *mapping) amount(key string) float64 {
	n, at, ok := m.see(key)
	if !ok {
		return 0
	}
	s, ok := m.r.scalar(n)
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if !ok || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		m.r.errorf(at, "%s must be a number", key)
		return 0
	}
	return v
}

func (m *mapping) date(key string) Date {
	n, at, ok := m.see(key)
	if !ok {
		return Date{}
	}
	s, ok := m.r.scalar(n)
	d, err := ParseDate(s)
	if !ok || err != nil {
		m.r.errorf(at, "%s: %q is not a date; write it like 2026-12-25", key, s)
	}
	return d
}

// oneOf reads a text that must be one of the known words.
func oneOf[T ~string](m *mapping, key string, known []T) T {
	s := m.text(key)
	if s == "" {
		return ""
	}
	words := make([]string, len(known))
	for i, k := range known {
		if string(k) == s {
			return k
		}
		words[i] = string(k)
	}
	n := m.values[key]
	m.r.errorf(m.r.at(n), "unknown %s %q%s", key, s, didYouMean(s, words))
	return ""
}

// end complains of keys that nobody asked for.
func (m *mapping) end() {
	for _, k := range m.keys {
		found := false
		for _, known := range m.known {
			if k == known {
				found = true
				break
			}
		}
		if !found {
			m.r.errorf(m.spots[k], "unknown key %q in %s%s", k, m.what, didYouMean(k, m.known))
		}
	}
}

// splitFrontMatter parts a file into its YAML and its Markdown. found is
// false when the file has no front matter; bodyLine is the 1-based line of
// the file on which the body starts. A first line of dashes that is never
// closed, or that encloses something other than `key: value` lines, is a
// rule drawn by somebody who does not know front matter, and is left alone.
func splitFrontMatter(source string) (yamlText, body string, bodyLine int, found bool) {
	first, rest, ok := strings.Cut(source, "\n")
	if !ok || strings.TrimRight(first, " \t") != "---" {
		return "", source, 1, false
	}
	line := 2
	start := rest
	for offset := 0; offset < len(start); {
		l, _, more := strings.Cut(start[offset:], "\n")
		trimmed := strings.TrimRight(l, " \t")
		if trimmed == "---" || trimmed == "..." {
			head := start[:offset]
			if !looksLikeKeys(head) {
				return "", source, 1, false
			}
			body := ""
			if more {
				body = start[offset+len(l)+1:]
			}
			return head, body, line + 1, true
		}
		if !more {
			break
		}
		offset += len(l) + 1
		line++
	}
	if looksLikeKeys(firstLine(start)) {
		// Somebody meant front matter: take all of it, so that YAML complains.
		return start, "", line + 1, true
	}
	return "", source, 1, false
}

func firstLine(s string) string {
	l, _, _ := strings.Cut(s, "\n")
	return l
}

// looksLikeKeys reports whether the first line that says anything is
// `key:` or `key: value`.
func looksLikeKeys(head string) bool {
	for l := range strings.Lines(head) {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		key, value, ok := strings.Cut(l, ":")
		return ok && key != "" && !strings.ContainsAny(strings.TrimSpace(key), " \t*<>[]()") && (value == "" || value[0] == ' ' || value[0] == '\t')
	}
	return true // nothing in it: empty front matter
}

// cleanText makes a file's bytes into text: without a byte order mark, with
// "\n" line ends, as valid UTF-8. changed says that bytes had to be replaced.
func cleanText(raw []byte) (text string, changed bool) {
	s := strings.TrimPrefix(string(raw), "\ufeff")
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	if !utf8.ValidString(s) {
		return strings.ToValidUTF8(s, "\uFFFD"), true
	}
	return s, false
}
