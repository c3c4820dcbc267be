package cratewarden

import "strconv"

// Thousands writes a number with a comma after every three digits, as people
// read them: 362,914,376.
func Thousands[T ~int | ~int32 | ~int64](n T) string {
	digits, sign := strconv.FormatInt(int64(n), 10), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Amount writes a number with its noun: "1 task", "2,000 tasks".
func Amount[T ~int | ~int32 | ~int64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}
