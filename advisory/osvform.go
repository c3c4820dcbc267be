package advisory

// osvSchema is the version of the schema that the records follow.
const osvSchema = "1.7.5"

// malicious is the weakness that every record of a malicious package names.
var malicious = osvCWE{"CWE-506", "Embedded Malicious Code",
	"The product contains code that appears to be malicious in nature."}

// OSVRecord is a record of the malicious-packages repository, as far as this
// program writes and reads it.
type OSVRecord struct {
	SchemaVersion string         `json:"schema_version"`
	ID            string         `json:"id"`
	Modified      string         `json:"modified"`
	Published     string         `json:"published,omitempty"`
	Withdrawn     string         `json:"withdrawn,omitempty"`
	Aliases       []string       `json:"aliases,omitempty"`
	Summary       string         `json:"summary,omitempty"`
	Details       string         `json:"details"`
	Affected      []OSVAffected  `json:"affected"`
	References    []OSVReference `json:"references,omitempty"`
	Credits       []OSVCredit    `json:"credits,omitempty"`
	Specific      *OSVSpecific   `json:"database_specific,omitempty"`
}

// OSVAffected is the one package that a record is about.
type OSVAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
		PURL      string `json:"purl,omitempty"`
	} `json:"package"`
	Ranges   []OSVRange `json:"ranges,omitempty"`
	Versions []string   `json:"versions,omitempty"`
	Specific struct {
		CWEs []osvCWE `json:"cwes,omitempty"`
	} `json:"database_specific"`
}

type osvCWE struct {
	ID          string `json:"cweId"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// OSVRange is a range of versions; its events are introduced, fixed,
// last_affected or limit, one in each.
type OSVRange struct {
	Type   string              `json:"type"`
	Events []map[string]string `json:"events"`
}

// OSVReference is an address with its kind.
type OSVReference struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// OSVCredit names who found or helped.
type OSVCredit struct {
	Name    string   `json:"name"`
	Contact []string `json:"contact,omitempty"`
	Type    string   `json:"type,omitempty"`
}

// OSVSpecific holds what to look for.
type OSVSpecific struct {
	IOCs map[string][]string `json:"iocs,omitempty"`
}
