package cratewarden

import (
	"errors"
	"fmt"
)

// Kind says what sort of trouble an error is, so that each surface can answer
// in its own way: a page, a JSON problem, an exit code. There are few kinds on
// purpose; only what somebody handles differently has one.
type Kind string

const (
	// Internal is everything nobody foresaw. Its text never leaves the log.
	Internal Kind = "internal"
	// Invalid is input that cannot be understood or is out of bounds.
	Invalid Kind = "invalid"
	// Unsigned is a request of nobody: not signed in, or no longer.
	Unsigned Kind = "unsigned"
	// NotFound is a well-formed name for something that is not there.
	NotFound Kind = "not_found"
	// Refused is a request understood and denied by a rule.
	Refused Kind = "refused"
	// Conflict is a clash with the present state: taken, changed, in use.
	Conflict Kind = "conflict"
	// TooLarge is input or an answer beyond a stated limit.
	TooLarge Kind = "too_large"
	// Timeout is work stopped because it took longer than allowed.
	Timeout Kind = "timeout"
	// Unavailable is a part that is down, loading or not configured.
	Unavailable Kind = "unavailable"
	// Canceled is work the asker gave up on.
	Canceled Kind = "canceled"
)

// Error is the one error type that crosses package borders with a meaning.
type Error struct {
	Kind Kind
	// Message is a sentence for people that says what to do. It never holds
	// SQL, a path of the server, a secret or personal data.
	Message string
	// Cause is for the log only; surfaces must not show it.
	Cause error
}

// Error gives the sentence and, for logs, the cause.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap gives the cause, so that errors.Is and errors.As see through.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an error of a kind with a sentence for people.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of a kind with a sentence for people and the cause for
// the log.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf gives the kind of the first Error in the chain, Internal when there
// is none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// MessageOf gives the sentence that may be shown to people. Errors without one
// give a neutral sentence, so that nothing internal leaks.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != Internal {
		return e.Message
	}
	return "Something went wrong on our side. Try again; if it stays, tell whoever runs this console and quote the request id."
}
