package content

import (
	"fmt"
	"strings"
)

// module is one source file while it is being made.
type module struct {
	name string // such as "lexer"
	path string // such as "src/lexer.rs"
	code string
	// added are functions of later generations.
	added []string
}

// maxHistory bounds how many generations leave a trace, so that a crate with
// thousands of releases does not grow without end.
const maxHistory = 300

// evolve applies the generations one after the other. What a generation does
// depends only on seed and number, so the next one differs by its own edits.
func (c *crate) evolve() {
	for g := 1; g <= min(c.spec.Generation, maxHistory); g++ {
		d := newDice(c.seed, fmt.Sprint("generation ", g))
		if g%4 == d.n(4) {
			c.bumps++
		}
		if g%5 == 0 && len(c.spare) > 0 && c.grown < c.spec.Size.growth() {
			c.addPart(c.spare[0])
			c.spare = c.spare[1:]
			c.grown++
		}
		for range d.between(1, 2) {
			m := c.modules[d.n(len(c.modules))]
			text := pick(d, additions())
			if name, _, _ := strings.Cut(text, "("); !containsPrefix(m.added, name) {
				m.added = append(m.added, text)
				break
			}
		}
	}
}

func containsPrefix(list []string, prefix string) bool {
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// finish writes the additions into the place kept for them.
func (m *module) finish() string {
	added := ""
	for _, a := range m.added {
		added += "\n" + a + "\n"
	}
	return strings.Replace(m.code, "//%edits\n", added, 1)
}

// additions are functions that fit in any module.
func additions() []string {
	return []string{
		"/// The greater of two lengths, at least one.\npub const fn longest(a: usize, b: usize) -> usize {\n    let most = if a > b { a } else { b };\n    if most == 0 {\n        1\n    } else {\n        most\n    }\n}",
		"/// How many pieces of `size` are needed for `total`.\npub const fn pieces(total: usize, size: usize) -> usize {\n    if size == 0 {\n        return 0;\n    }\n    total / size + (total % size != 0) as usize\n}",
		"/// Rounds up to the next multiple of `step`.\npub const fn round_up(value: usize, step: usize) -> usize {\n    if step == 0 {\n        return value;\n    }\n    match value % step {\n        0 => value,\n        over => value + (step - over),\n    }\n}",
		"/// The share of `part` in `whole`, in percent.\npub fn percent(part: u64, whole: u64) -> f64 {\n    if whole == 0 {\n        return 0.0;\n    }\n    part as f64 * 100.0 / whole as f64\n}",
		"/// Compares two texts without regard to ASCII case.\npub fn same_text(a: &str, b: &str) -> bool {\n    a.eq_ignore_ascii_case(b)\n}",
		"/// Where two texts begin to differ, in bytes.\npub fn common_prefix(a: &str, b: &str) -> usize {\n    a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count()\n}",
		"/// Whether a number is a power of two.\npub const fn is_power(value: u64) -> bool {\n    value != 0 && value & (value - 1) == 0\n}",
		"/// Mixes two hashes into one.\npub const fn mix(a: u64, b: u64) -> u64 {\n    (a.rotate_left(5) ^ b).wrapping_mul(0x517c_c1b7_2722_0a95)\n}",
		"/// Keeps a value between two bounds.\npub fn bounded(value: i64, low: i64, high: i64) -> i64 {\n    value.max(low).min(high.max(low))\n}",
		"/// The first line of a text, without its end.\npub fn first_line(text: &str) -> &str {\n    text.lines().next().unwrap_or(\"\")\n}",
		"/// How many decimal digits a number has.\npub const fn digits(mut value: u64) -> u32 {\n    let mut count = 1;\n    while value >= 10 {\n        value /= 10;\n        count += 1;\n    }\n    count\n}",
		"/// Splits a list at its middle.\npub fn halves<T>(list: &[T]) -> (&[T], &[T]) {\n    list.split_at(list.len() / 2)\n}",
	}
}
