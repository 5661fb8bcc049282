package chat

import (
	"errors"
	"fmt"
)

// Refusal is an error in words for the person who asked: what was wrong and
// what to do instead, as a whole sentence.
type Refusal string

// Error gives the sentence.
func (r Refusal) Error() string { return string(r) }

// Refuse makes a Refusal.
func Refuse(format string, args ...any) error { return Refusal(fmt.Sprintf(format, args...)) }

// ErrStale says that a view was not updated because it is gone, or another one
// by now.
var ErrStale = errors.New("chat: the view changed meanwhile")

// ErrNoFiles says that Slack takes no such file from this app, however often it
// is asked.
var ErrNoFiles = errors.New("chat: Slack takes no file")

// UnlessStale lets pass that a view changed meanwhile: what changed it is newer.
func UnlessStale(err error) error {
	if errors.Is(err, ErrStale) {
		return nil
	}
	return err
}

// FieldErrors are sentences by block_id of a modal's inputs; Slack shows each
// below its input and keeps what was typed.
type FieldErrors map[string]string

// Error lists the blocks, for logs.
func (f FieldErrors) Error() string {
	return fmt.Sprintf("%d fields are not filled in rightly", len(f))
}

// Words gives what to tell a person of an error: the refusal's own sentence,
// or, for a fault of ours, a sentence with the code that stands in the log
// too. code is only used for a fault.
func Words(err error, code string) (words string, fault bool) {
	var r Refusal
	if errors.As(err, &r) {
		return string(r), false
	}
	return fmt.Sprintf("Something went wrong on our side; nothing you typed is to blame. Please try again. If it happens again, tell whoever runs sopbot the code *%s*.", code), true
}
