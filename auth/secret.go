package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

// newSecret gives 256 random bits as 43 letters that fit into cookies, headers
// and addresses.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashOf is what is kept of a secret. A plain hash is enough, because nobody can
// guess 256 bits. Rows are found by it: how long the database takes to compare
// depends on a hash that nobody can steer.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// newID gives a public id: a letter for what it is of, and 80 random bits.
func newID(of string) string {
	b := make([]byte, 10)
	_, _ = rand.Read(b)
	return of + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// codeLetters leaves out vowels, so that no words come up, and what is easily
// taken for something else. There are 20: a byte below 240 picks one fairly.
const codeLetters = "BCDFGHJKLMNPQRSTVWXZ"

// newCode gives n letters for people to type.
func newCode(n int) string {
	out := make([]byte, 0, n)
	for b := make([]byte, 1); len(out) < n; {
		if _, _ = rand.Read(b); b[0] < 240 {
			out = append(out, codeLetters[int(b[0])%len(codeLetters)])
		}
	}
	return string(out)
}

// showCode parts a code in the middle, as it is shown.
func showCode(code string) string {
	half := len(code) / 2
	return code[:half] + "-" + code[half:]
}

// readCode takes what a person typed: any case, with or without dashes and
// spaces.
func readCode(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r == '-' || r == ' ':
			return -1
		}
		return r
	}, strings.TrimSpace(typed))
}

// limiter remembers when something last happened, so that it happens at most
// once in a while. Its zero value is ready.
type limiter struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// most bounds what a limiter remembers, whoever makes up keys.
const most = 4096

// take says whether key has its turn: every so often, and never when too many
// other keys had theirs.
func (l *limiter) take(key string, now time.Time, every time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.last[key]; ok && now.Before(t.Add(every)) {
		return false
	}
	if l.last == nil {
		l.last = map[string]time.Time{}
	}
	if len(l.last) >= most {
		for k, t := range l.last {
			if !now.Before(t.Add(every)) {
				delete(l.last, k)
			}
		}
		if len(l.last) >= most {
			return false
		}
	}
	l.last[key] = now
	return true
}
