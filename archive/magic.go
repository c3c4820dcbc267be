package archive

import "strings"

// signatures are the first bytes of formats that a crate may carry. Text
// formats are not here: what reads as text is shown as text.
func signatures() []struct{ prefix, word string } {
	return []struct{ prefix, word string }{
		{"\x7fELF", "ELF"},
		{"\xfe\xed\xfa\xce", "Mach-O"}, {"\xfe\xed\xfa\xcf", "Mach-O"},
		{"\xce\xfa\xed\xfe", "Mach-O"}, {"\xcf\xfa\xed\xfe", "Mach-O"},
		{"\x00asm", "wasm"},
		{"!<arch>\n", "static library"}, {"!<thin>\n", "static library"},
		{"BC\xc0\xde", "LLVM bitcode"}, {"\xde\xc0\x17\x0b", "LLVM bitcode"},
		{"rust\x00\x00\x00", "Rust metadata"},
		{"\x64\x86", "COFF object"},
		{"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"},
		{"\x1f\x8b", "gzip"}, {"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"},
		{"\x28\xb5\x2f\xfd", "zstd"}, {"\x04\x22\x4d\x18", "lz4"},
		{"7z\xbc\xaf\x27\x1c", "7z"}, {"Rar!\x1a\x07", "rar"},
		{"\x89PNG\r\n\x1a\n", "png"}, {"\xff\xd8\xff", "jpeg"},
		{"GIF87a", "gif"}, {"GIF89a", "gif"}, {"\x00\x00\x01\x00", "ico"},
		{"%PDF-", "pdf"}, {"SQLite format 3\x00", "sqlite"},
		{"\x00\x01\x00\x00\x00", "ttf"}, {"OTTO", "otf"}, {"wOFF", "woff"}, {"wOF2", "woff2"},
		{"OggS", "ogg"}, {"fLaC", "flac"}, {"ID3", "mp3"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office document"},
		{"\x1b\x4c\x75\x61", "Lua bytecode"}, {"dex\n", "Android dex"},
	}
}

// magic gives a word for the first 512 bytes of a file, empty when they say
// nothing.
func magic(head []byte) string {
	s := string(head)
	for _, sig := range signatures() {
		if strings.HasPrefix(s, sig.prefix) {
			return sig.word
		}
	}
	switch {
	case strings.HasPrefix(s, "MZ") && strings.ContainsRune(s, 0):
		return "PE"
	case strings.HasPrefix(s, "\xca\xfe\xba\xbe") && len(s) >= 8:
		// A fat Mach-O has a small count of architectures where a Java class
		// has its version.
		if s[7] < 40 {
			return "Mach-O"
		}
		return "Java class"
	case len(s) > 262 && s[257:262] == "ustar":
		return "tar"
	case strings.HasPrefix(s, "RIFF") && len(s) >= 12:
		return strings.ToLower(strings.TrimSpace(Visible(s[8:12])))
	case len(s) >= 12 && s[4:8] == "ftyp":
		return "mp4"
	}
	return ""
}
