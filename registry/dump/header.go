package dump

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"cratewarden"
)

// readHeader takes the first line of a table's CSV from r and gives its column
// names and the line as it was, which COPY wants to see too so that its line
// numbers are those of the file.
func readHeader(r *bufio.Reader, table string) (columns []string, line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxHeader {
			return nil, nil, cratewarden.Errorf(cratewarden.TooLarge, "The first line of %s.csv is longer than %d KiB. It is not a header line.", table, maxHeader>>10)
		}
		if err == nil || errors.Is(err, io.EOF) {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, nil, err
		}
	}
	columns, ok := parseHeader(line)
	if !ok {
		return nil, nil, cratewarden.Errorf(cratewarden.Invalid, "The first line of %s.csv is not a list of column names.", table)
	}
	seen := make(map[string]bool, len(columns))
	for _, c := range columns {
		if seen[c] {
			return nil, nil, cratewarden.Errorf(cratewarden.Invalid, "%s.csv has the column %q twice.", table, c)
		}
		seen[c] = true
	}
	return columns, line, nil
}

// parseHeader splits a header line. Column names are plain identifiers, quoted
// or not; anything else is no header of a registry dump.
func parseHeader(line []byte) ([]string, bool) {
	text := string(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")))
	columns := strings.Split(text, ",")
	if len(columns) > maxColumns {
		return nil, false
	}
	for i, c := range columns {
		if len(c) > 1 && c[0] == '"' && c[len(c)-1] == '"' {
			c = c[1 : len(c)-1]
		}
		if !tableName.MatchString(c) {
			return nil, false
		}
		columns[i] = c
	}
	return columns, true
}
