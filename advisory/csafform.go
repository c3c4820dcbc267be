package advisory

import (
	"encoding/json"
	"errors"
	"fmt"
)

// CSAFDocument is a document of the Common Security Advisory Framework, as far
// as this program writes and reads it. Fields of only one version say so.
type CSAFDocument struct {
	Schema          string         `json:"$schema,omitempty"` // 2.1
	Document        CSAFHead       `json:"document"`
	Tree            *CSAFTree      `json:"product_tree,omitempty"`
	Vulnerabilities []CSAFWeakness `json:"vulnerabilities,omitempty"`
}

// CSAFHead is what a document says of itself.
type CSAFHead struct {
	Thanks       []CSAFThanks      `json:"acknowledgments,omitempty"`
	Severity     *CSAFSeverity     `json:"aggregate_severity,omitempty"`
	Category     string            `json:"category"`
	Version      string            `json:"csaf_version"`
	Distribution *CSAFDistribution `json:"distribution,omitempty"`
	Language     string            `json:"lang,omitempty"`
	Notes        []CSAFNote        `json:"notes,omitempty"`
	Publisher    CSAFPublisher     `json:"publisher"`
	References   []CSAFReference   `json:"references,omitempty"`
	Title        string            `json:"title"`
	Tracking     CSAFTracking      `json:"tracking"`
}

// CSAFThanks names who found or helped.
type CSAFThanks struct {
	Names   []string `json:"names,omitempty"`
	Summary string   `json:"summary,omitempty"`
	URLs    []string `json:"urls,omitempty"`
}

// CSAFSeverity is a word of the publisher's own scale.
type CSAFSeverity struct {
	Text string `json:"text"`
}

// CSAFDistribution says who may be told.
type CSAFDistribution struct {
	Text string  `json:"text,omitempty"`
	TLP  CSAFTLP `json:"tlp"`
}

// CSAFTLP is a label of the traffic light protocol.
type CSAFTLP struct {
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
}

// CSAFNote is a text.
type CSAFNote struct {
	Category string `json:"category"`
	Text     string `json:"text"`
	Title    string `json:"title,omitempty"`
}

// CSAFPublisher is who speaks.
type CSAFPublisher struct {
	Category  string `json:"category"`
	Contact   string `json:"contact_details,omitempty"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// CSAFReference is an address with what is there.
type CSAFReference struct {
	Category string `json:"category,omitempty"`
	Summary  string `json:"summary"`
	URL      string `json:"url"`
}

// CSAFTracking is a document's number, state and history.
type CSAFTracking struct {
	CurrentRelease string         `json:"current_release_date"`
	ID             string         `json:"id"`
	InitialRelease string         `json:"initial_release_date"`
	History        []CSAFRevision `json:"revision_history"`
	Status         string         `json:"status"`
	Version        string         `json:"version"`
}

// CSAFRevision is one step of a document.
type CSAFRevision struct {
	Date    string `json:"date"`
	Number  string `json:"number"`
	Summary string `json:"summary"`
}

// ParseCSAF reads a document of either version. Fields that this program does not
// write are left out.
func ParseCSAF(text string) (CSAFDocument, error) {
	var d CSAFDocument
	if len(text) > maxDocument {
		return d, errors.New("the file is larger than 8 MiB")
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return d, fmt.Errorf("the file is no JSON of a CSAF document: %s", oneLine(err.Error()))
	}
	return d, nil
}
