package related

import "testing"

func TestSlip(t *testing.T) {
	t.Parallel()
	for pair, want := range map[[2]string]bool{
		{"kernelsmith", "kernelsmyth"}: true, {"macro-loom1", "macro_loom2"}: true, {"rust-decimal", "rustdecimal"}: true, {"tlsbrigde", "tlsbridge"}: true,
		{"quilson", "quillson"}: true, {"brieferrr", "brieferr"}: true, {"Serde", "serde"}: true, {"serde", "serdee"}: true, {"abcde", "abced"}: true,
		{"hagens2", "hageno"}: false, {"sgerber2", "lgerber"}: false, {"rand", "rands"}: false, {"serde", "serde-json"}: false, {"", ""}: false, {"abcdef", "badcef"}: false, {"abcde", "vwxyz"}: false,
	} {
		if slip(pair[0], pair[1]) != want || slip(pair[1], pair[0]) != want {
			t.Errorf("%v", pair)
		}
	}
}
