// Package playbook is a company's sales playbook as data: a tree of Markdown
// files whose YAML front matter says what the bot does, and whose prose says
// what people read.
//
// [Load] reads a whole tree into one immutable [*Playbook] and every
// [Problem] it found, each with file, line and column. A Playbook is a value:
// a request works on one from start to end, and a change of the files makes a
// new one ([Live] watches them and swaps it whole, or keeps the last good one
// when the change does not lint).
//
// Start reading at [Page]; the kinds of pages are in kinds.go, how front
// matter is read in frontmatter.go, what lint says in lint.go.
package playbook
