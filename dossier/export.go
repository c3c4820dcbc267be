package dossier

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cratewarden"
)

// Recorder is a row that can stand in a CSV file. Columns must not depend on
// the row's values.
type Recorder interface {
	Columns() []string
	Record() []string
}

// WriteCSV writes rows as RFC 4180 with a header line. Cells that a
// spreadsheet would take for a formula get a leading apostrophe, since names
// and descriptions come from attackers.
func WriteCSV[T Recorder](w io.Writer, rows []T) error {
	out := csv.NewWriter(w)
	var zero T
	if err := out.Write(zero.Columns()); err != nil {
		return err
	}
	for _, r := range rows {
		record := r.Record()
		for i := range record {
			record[i] = inertCell(record[i])
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formulaSigns begin a formula in the common programs, also full-width.
const formulaSigns = "=+-@＝＋－＠"

// inertCell keeps a cell from being run. Programs take a formula sign for one
// also after space, and tab, line feed and carriage return for the beginning of
// another cell; where the semicolon parts cells, so does that within one. Plain
// negative numbers stay numbers.
func inertCell(s string) string {
	if strings.ContainsAny(s, ";\t") {
		var b strings.Builder
		var last rune
		for _, r := range s {
			if (last == ';' || last == '\t') && strings.ContainsRune(formulaSigns, r) {
				b.WriteByte('\'')
			}
			b.WriteRune(r)
			last = r
		}
		s = b.String()
	}
	begins := strings.TrimLeftFunc(s, func(r rune) bool { return r == ' ' || r > ' ' && unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if begins == "" || !strings.ContainsRune(formulaSigns+"\t\r\n", []rune(begins)[0]) || plainNumber(s) {
		return s
	}
	return "'" + s
}

func plainNumber(s string) bool {
	digits, _ := strings.CutPrefix(s, "-")
	whole, part, dotted := strings.Cut(digits, ".")
	all := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return all(whole) && (!dotted || all(part))
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func csvPerson(p *Person) string {
	if p == nil {
		return ""
	}
	return p.Login
}

func csvMarks(ms []Mark) string {
	words := make([]string, len(ms))
	for i, m := range ms {
		words[i] = m.Text
	}
	return strings.Join(words, "; ")
}

func csvInt[T ~int | ~int16 | ~int32 | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// Columns names the cells of Record.
func (VersionRow) Columns() []string {
	return []string{"crate", "version", "published_at", "method", "publisher", "credential", "yanked", "size_bytes", "downloads", "license", "sha256", "marks"}
}

// Record is the row as CSV cells.
func (r VersionRow) Record() []string {
	return []string{r.Crate, r.Num, csvTime(r.CreatedAt), string(r.Method), csvPerson(r.Publisher), r.Credential, strconv.FormatBool(r.Yanked),
		csvInt(r.Size), csvInt(r.Downloads), r.License, r.SHA256, csvMarks(r.Marks)}
}

// Columns names the cells of Record.
func (PublishRow) Columns() []string { return append(VersionRow{}.Columns(), "silence") }

// Record is the row as CSV cells.
func (r PublishRow) Record() []string {
	silence := ""
	if r.Silence > 0 {
		silence = cratewarden.Span(r.Silence)
	}
	return append(r.VersionRow.Record(), silence)
}

// Columns names the cells of Record.
func (DependentRow) Columns() []string {
	return []string{"crate", "downloads", "requirement", "kind", "optional", "versions", "default_version"}
}

// Record is the row as CSV cells.
func (r DependentRow) Record() []string {
	return []string{r.Crate, csvInt(r.Downloads), r.Requirement, r.Kind, strconv.FormatBool(r.Optional), csvInt(r.Versions), strconv.FormatBool(r.Default)}
}

// Columns names the cells of Record.
func (OwnedCrate) Columns() []string {
	return []string{"crate", "since", "until", "via", "owners", "versions", "yanked", "default_version", "last_publish", "created_at", "downloads", "downloads_90_days", "dependents", "size_bytes", "code_lines", "repository"}
}

// Record is the row as CSV cells.
func (r OwnedCrate) Record() []string {
	until := ""
	if r.Until != nil {
		until = csvTime(*r.Until)
	}
	return []string{r.Name, csvTime(r.Since), until, r.Via, csvInt(r.Owners), csvInt(r.Versions), csvInt(r.Yanked), r.Default, csvTime(r.LastPublish),
		csvTime(r.CreatedAt), csvInt(r.Downloads), csvInt(r.Recent), csvInt(r.Dependents), csvInt(r.Size), csvInt(r.CodeLines), r.Repository}
}

// Columns names the cells of Record.
func (Job) Columns() []string {
	return []string{"id", "type", "for", "queue", "priority", "state", "retries", "created_at", "last_retry", "next_try", "data"}
}

// Record is the row as CSV cells.
func (r Job) Record() []string {
	return []string{csvInt(r.ID), r.Type, r.For, r.Queue, csvInt(r.Priority), r.State, csvInt(r.Retries), csvTime(r.CreatedAt), csvTime(r.LastRetry), csvTime(r.NextTry), string(r.Data)}
}

// Columns names the cells of Record.
func (DeletedName) Columns() []string {
	return []string{"name", "created_at", "deleted_at", "deleted_by", "message", "available_at", "available"}
}

// Record is the row as CSV cells.
func (r DeletedName) Record() []string {
	return []string{r.Name, csvTime(r.CreatedAt), csvTime(r.DeletedAt), csvPerson(r.DeletedBy), r.Message, csvTime(r.AvailableAt), strconv.FormatBool(r.Available)}
}

// Columns names the cells of Record.
func (ArchiveFile) Columns() []string {
	return []string{"path", "size_bytes", "mode", "kind", "lines", "encoding", "magic", "sha256", "marks"}
}

// Record is the row as CSV cells.
func (r ArchiveFile) Record() []string {
	return []string{r.Path, csvInt(r.Size), r.Mode, r.Kind, csvInt(r.Lines), r.Encoding, r.Magic, r.SHA256, csvMarks(r.Marks)}
}

// Columns names the cells of Record.
func (ReservedName) Columns() []string { return []string{"name", "twin"} }

// Record is the row as CSV cells.
func (r ReservedName) Record() []string { return []string{r.Name, r.Twin} }

// Columns names the cells of Record.
func (Token) Columns() []string {
	return []string{"id", "owner", "masked_name", "created_at", "last_used_at", "expires_at", "state", "endpoints", "crates", "publishes"}
}

// Record is the row as CSV cells.
func (r Token) Record() []string {
	return []string{csvInt(r.ID), r.Owner.Login, r.MaskedName, csvTime(r.CreatedAt), csvTime(r.LastUsedAt), csvTime(r.ExpiresAt), r.State, r.Endpoints, r.Crates, csvInt(r.Publishes)}
}
