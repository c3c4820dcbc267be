package advisory

// CSAFTree lists the products.
type CSAFTree struct {
	Names []CSAFProduct `json:"full_product_names"`
}

// CSAFProduct is one version of a crate.
type CSAFProduct struct {
	Name   string      `json:"name"`
	ID     string      `json:"product_id"`
	Helper *CSAFHelper `json:"product_identification_helper,omitempty"`
}

// CSAFHelper tells machines which product is meant.
type CSAFHelper struct {
	Hashes []CSAFHashes `json:"hashes,omitempty"`
	PURL   string       `json:"purl,omitempty"`  // 2.0
	PURLs  []string     `json:"purls,omitempty"` // 2.1
}

// CSAFHashes are those of one file.
type CSAFHashes struct {
	Hashes []CSAFHash `json:"file_hashes"`
	File   string     `json:"filename"`
}

// CSAFHash is one of them, in hex.
type CSAFHash struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}

// CSAFWeakness is what is wrong with some products.
type CSAFWeakness struct {
	CWE          *CSAFCWE     `json:"cwe,omitempty"`  // 2.0
	CWEs         []CSAFCWE    `json:"cwes,omitempty"` // 2.1
	Discovered   string       `json:"discovery_date,omitempty"`
	Notes        []CSAFNote   `json:"notes,omitempty"`
	Status       CSAFStatus   `json:"product_status"`
	Released     string       `json:"release_date,omitempty"` // 2.0
	Remediations []CSAFRemedy `json:"remediations,omitempty"`
	Threats      []CSAFThreat `json:"threats,omitempty"`
	Title        string       `json:"title,omitempty"`
}

// CSAFCWE names a kind of weakness; Version is the list's, in 2.1.
type CSAFCWE struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// CSAFStatus says which products are bad.
type CSAFStatus struct {
	Affected []string `json:"known_affected"`
}

// CSAFRemedy says what to do.
type CSAFRemedy struct {
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
}

// CSAFThreat says what is known of use.
type CSAFThreat struct {
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
}
