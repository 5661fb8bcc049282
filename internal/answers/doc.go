// Package answers is what sopbot is for: somebody asks, and the section of the
// playbook that answers is there. `/sop`, a mention, a direct message and the
// message shortcut all come to the same [Answers].
//
// A [Book] is a playbook with its index and its pages written for Slack, ready
// before anybody asks. chat.go is the table of contents: what people type and
// click. view.go and page.go are what they see, store.go what is kept of it:
// every question, what was opened, shared and found helpful.
package answers
