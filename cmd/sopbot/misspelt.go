package main

import (
	"reflect"
	"slices"
	"strings"
)

// misspelling is a variable of the environment that nobody reads, and the setting
// that somebody meant by it.
type misspelling struct{ Set, Meant string }

// misspelt finds what is set in vain, in words that are no more than two letters
// from those of a setting, or go on behind them (SOPBOT_LOG_LEVEL).
func misspelt(environment []string) (all []misspelling) {
	known := settingNames()
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(known, name) || !strings.HasPrefix(name, "SOPB") && !strings.HasPrefix(name, "SLACK_") {
			continue
		}
		meant, least := "", 3
		for _, k := range known {
			d := lettersApart(name, k)
			if strings.HasPrefix(name, k+"_") {
				d = min(d, 2)
			}
			if d < least {
				meant, least = k, d
			}
		}
		if meant != "" {
			all = append(all, misspelling{name, meant})
		}
	}
	slices.SortFunc(all, func(a, b misspelling) int { return strings.Compare(a.Set, b.Set) })
	return all
}

// settingNames are the variables that Config is read from.
func settingNames() (names []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if name := f.Tag.Get("envconfig"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// lettersApart is how many letters have to be put in, taken out or exchanged to
// make one word of the other.
func lettersApart(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
