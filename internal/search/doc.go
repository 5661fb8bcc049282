// Package search finds the section of a playbook that answers a question.
//
// The index is bleve's, in memory, one document per section (long sections are
// cut into passages), with the fields title, alias, path and text. A question
// is never handed to bleve's query language. It is read here (query.go), each
// of its words is given the forms that count for it: spelling, prefix, joined
// words, synonyms. Then the postings of those words are read from bleve, term
// at a time, and scored with BM25F (score.go). The best hundred are ranked
// again by how near to each other the words stand and how much of a title they
// cover (rerank.go), sections become pages (search.go), and verdict.go decides
// whether this is an answer at all.
//
// Everything here is general English: the thesaurus (thesaurus.go, slang.go),
// and which words say little or are topics (everyday.go). What is special to
// one company comes in through aliases, headings and the synonyms of its
// settings.
package search
