package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// obj is a JSON object as it goes over the wire. The simulator keeps what apps
// send as JSON, not as structs: what Slack does not interpret must come back
// unchanged.
type obj = map[string]any

// text reads a string field; numbers and booleans read as they are written,
// because form bodies know only strings while JSON bodies keep types.
func text(o obj, key string) string {
	switch v := o[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// truth reads a boolean that may have come as the word "true" or as 1.
func truth(o obj, key string) bool {
	switch text(o, key) {
	case "true", "1", "True":
		return true
	}
	return false
}

func object(o obj, key string) obj {
	m, _ := o[key].(obj)
	return m
}

func list(o obj, key string) []any {
	l, _ := o[key].([]any)
	return l
}

// objects reads a list of objects, dropping what is none.
func objects(o obj, key string) []obj {
	var found []obj
	for _, item := range list(o, key) {
		if m, ok := item.(obj); ok {
			found = append(found, m)
		}
	}
	return found
}

// label is the visible text of a text object under key ("" if there is none).
func label(o obj, key string) string { return text(object(o, key), "text") }

// decode reads JSON keeping numbers as written.
func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return v, nil
}

// encode writes JSON as Slack does: without escaping <, > and &, in which its
// own markup consists.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("slacksim: cannot write JSON: %v", err)) // only maps, lists and scalars come here
	}
	return bytes.TrimRight(buf.Bytes(), "\n")
}

// clone copies a JSON value, so that what is handed out cannot be changed
// behind the simulator's back.
func clone[T any](v T) T {
	return copyJSON(any(v)).(T)
}

func copyJSON(v any) any {
	switch v := v.(type) {
	case obj:
		if v == nil {
			return v
		}
		m := make(obj, len(v))
		for k, item := range v {
			m[k] = copyJSON(item)
		}
		return m
	case []any:
		if v == nil {
			return v
		}
		l := make([]any, len(v))
		for i, item := range v {
			l[i] = copyJSON(item)
		}
		return l
	}
	return v
}

// anyList turns strings into a JSON list.
func anyList(ss []string) []any {
	l := make([]any, len(ss))
	for i, s := range ss {
		l[i] = s
	}
	return l
}

func stringsOf(l []any) []string {
	var ss []string
	for _, v := range l {
		if s, ok := v.(string); ok {
			ss = append(ss, s)
		}
	}
	return ss
}

const idLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// newID makes an ID of Slack's look: a kind letter and ten capitals or digits.
func newID(kind string) string { return kind + "0" + randomText(9, idLetters) }

func randomText(n int, letters string) string {
	var b strings.Builder
	for range n {
		b.WriteByte(letters[rand.IntN(len(letters))])
	}
	return b.String()
}
