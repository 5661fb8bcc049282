package chat

import (
	"crypto/rand"
	"strings"
)

// Erased stands where words stood that were erased on request.
const Erased = "[erased]"

// erasedMark begins the pseudonyms of people who were erased. It looks like a
// member ID, so that what counts by person goes on counting; it is none.
const erasedMark = "UERASED"

// Pseudonym makes a member ID for somebody who is to be erased. Nothing leads
// back from it.
func Pseudonym() string { return erasedMark + strings.ToUpper(rand.Text())[:12] }

// WasErased reports whether an ID is such a pseudonym.
func WasErased(id string) bool { return strings.HasPrefix(id, erasedMark) }

// ErasedMessage takes the place of a message about somebody who was erased.
func ErasedMessage() Message { return Say("_This message was erased on request._") }
