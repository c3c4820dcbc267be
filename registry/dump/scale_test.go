package dump

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// shifted are the columns that hold ids and renamed those that must stay
// unique when a dump is laid beside itself.
var (
	shifted = []string{"crate_id", "version_id", "user_id", "published_by", "created_by", "deleted_by", "account_id", "gh_id"}
	withID  = []string{"crates", "users", "versions", "dependencies", "deleted_crates"}
	renamed = map[string][]string{"crates": {"name"}, "users": {"gh_login", "username"}, "oauth_github": {"login"}, "deleted_crates": {"name"}}
	single  = []string{"categories", "keywords", "metadata", "reserved_crate_names", "reserved_usernames", "teams"}
)

// scaled writes a dump of copies times the size of the one in folder: every
// crate, account and version again under new ids and names. It returns the
// bytes of CSV written.
func writeScaled(tb testing.TB, folder, out string, copies int) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Join(out, "data"), 0o755); err != nil {
		tb.Fatal(err)
	}
	metadata, err := os.ReadFile(filepath.Join(folder, "metadata.json"))
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, "metadata.json"), metadata, 0o644); err != nil {
		tb.Fatal(err)
	}
	for _, table := range tables {
		name := filepath.Join("data", table+".csv")
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			tb.Fatal(err)
		}
		f, err := os.Create(filepath.Join(out, name))
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := f.Write(text); err != nil {
			tb.Fatal(err)
		}
		for k := 1; k < copies && !slices.Contains(single, table); k++ {
			if err := shift(f, bytes.NewReader(text), table, k); err != nil {
				tb.Fatalf("%s: %v", table, err)
			}
		}
		if err := f.Close(); err != nil {
			tb.Fatal(err)
		}
	}
}

func shift(w io.Writer, text io.Reader, table string, k int) error {
	r := csv.NewReader(text)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return err
	}
	header = slices.Clone(header)
	kind := slices.Index(header, "owner_kind")
	out := csv.NewWriter(w)
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for i, name := range header {
			id := name == "id" && slices.Contains(withID, table) || slices.Contains(shifted, name) || name == "owner_id" && row[kind] == "0"
			if id && row[i] != "" {
				n, err := strconv.Atoi(row[i])
				if err != nil {
					return err
				}
				row[i] = strconv.Itoa(n + k*shiftBy(table, name))
			}
			if slices.Contains(renamed[table], name) {
				row[i] = fmt.Sprintf("%s-x%d", row[i], k)
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func shiftBy(table, column string) int {
	if table == "dependencies" && column == "id" {
		return 1 << 20
	}
	return 1 << 16
}

// pack writes a folder as the tar.gz the registry publishes.
func pack(tb testing.TB, folder, file string, order []string) {
	tb.Helper()
	f, err := os.Create(file)
	if err != nil {
		tb.Fatal(err)
	}
	gz, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
	tw := tar.NewWriter(gz)
	for _, name := range order {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			tb.Fatal(err)
		}
		if err := tw.WriteHeader(&tar.Header{Name: path.Join("2026-11-22-020026", name), Mode: 0o644, Size: info.Size(), Typeflag: tar.TypeReg}); err != nil {
			tb.Fatal(err)
		}
		in, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.Copy(tw, in); err != nil {
			tb.Fatal(err)
		}
		_ = in.Close()
	}
	for _, c := range []io.Closer{tw, gz, f} {
		if err := c.Close(); err != nil {
			tb.Fatal(err)
		}
	}
}

// dumpOrder is the order of the files in a real archive.
func dumpOrder(extra ...string) []string {
	order := append([]string{"metadata.json"}, extra...)
	for _, t := range tables {
		order = append(order, "data/"+t+".csv")
	}
	return order
}
