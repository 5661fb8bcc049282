package database

import (
	"strings"
	"sync"
	"sync/atomic"
)

// Queries are constants of the program, so few are kept for ever; the bound
// is for one that somebody builds anew each time.
const mostRewritten = 1024

var (
	rewritten      sync.Map // query → query with ?1
	rewrittenCount atomic.Int64
)

// sqlitePlaceholders writes $1 as ?1: the driver binds $N by its place in the
// query and not by its number.
func sqlitePlaceholders(query string) string {
	if strings.IndexByte(query, '$') < 0 {
		return query
	}
	if known, ok := rewritten.Load(query); ok {
		return known.(string)
	}
	out := rewritePlaceholders(query)
	if rewrittenCount.Load() < mostRewritten {
		if _, there := rewritten.LoadOrStore(query, out); !there {
			rewrittenCount.Add(1)
		}
	}
	return out
}

// rewritePlaceholders leaves texts, quoted names and comments as they are.
func rewritePlaceholders(query string) string {
	var out strings.Builder
	out.Grow(len(query))
	for i := 0; i < len(query); {
		end := i + 1
		switch c := query[i]; {
		case c == '\'' || c == '"':
			// '' inside a text ends one text and begins the next: the same.
			end = after(query, i+1, query[i:i+1])
		case strings.HasPrefix(query[i:], "--"):
			end = after(query, i+2, "\n")
		case strings.HasPrefix(query[i:], "/*"):
			end = after(query, i+2, "*/")
		case c == '$' && end < len(query) && query[end] >= '0' && query[end] <= '9':
			out.WriteByte('?')
			i = end
			continue
		}
		out.WriteString(query[i:end])
		i = end
	}
	return out.String()
}

// after gives the place behind the next mark, or the end of the query.
func after(query string, from int, mark string) int {
	if n := strings.Index(query[from:], mark); n >= 0 {
		return from + n + len(mark)
	}
	return len(query)
}
