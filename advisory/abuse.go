package advisory

import (
	"net/url"
	"regexp"
	"strings"
)

// abuseIdentity reports accounts to the identity provider that they came from,
// one text for each.
func abuseIdentity(s Sheet) ([]Document, error) {
	var out []Document
	for _, a := range s.Accounts {
		if a.Role != "attacker" && a.Role != "compromised" {
			continue
		}
		what := "This account of yours was made or used to publish malicious code. Please look at it, close it if your rules say so, and keep its records."
		if a.Role == "compromised" {
			what = "This account of yours seems to have been taken over. Please look at its sessions and applications with its owner, and keep its records."
		}
		facts := []string{"  Account: " + oneLine(a.Login)}
		if to := address(a.URL); to != "" {
			facts = append(facts, "  Page: "+to)
		}
		if a.Imitates != "" {
			facts = append(facts, "  It imitates: "+oneLine(a.Imitates))
		}
		for _, r := range a.Repositories {
			facts = append(facts, "  Repository: "+oneLine(r))
		}
		if !a.LockedAt.IsZero() {
			facts = append(facts, "  Locked by us: "+stampUTC(a.LockedAt))
		}
		out = append(out, mail(AbuseIdentity, a.Login, "abuse-account-"+fileName(a.Login), s.mentioned("Account used to publish malicious code: "+a.Login),
			hello(""), what, strings.Join(facts, "\n"), titled("Published with it on "+s.Registry.name()+":", evidenceLines(s.publishedBy(a.Login))),
			paragraph(s.Behaviour), s.contact(), s.signed()))
	}
	return out, nil
}

// evidenceLines are versions with their hashes.
func evidenceLines(crates []Crate) string {
	var lines []string
	for _, c := range crates {
		for _, v := range c.Bad {
			line := "  " + oneLine(c.Name) + " " + oneLine(v.Num) + ", published " + stampUTC(v.Published)
			if v.SHA256 != "" {
				line += "\n    SHA-256 " + oneLine(v.SHA256)
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func (s Sheet) contact() string {
	out := "We kept the files and can give them to you."
	if c := oneLine(s.Publisher.Contact); c != "" {
		out += " Ask " + c + ", and name the case " + oneLine(s.Incident) + "."
	} else {
		out += " Answer this mail, and name the case " + oneLine(s.Incident) + "."
	}
	return out
}

// hostName is a name that a hoster can be asked by.
var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$|^[0-9a-f:.]{2,45}$`)

// hostOf finds the host that an indicator leads to, "" for none.
func hostOf(i Indicator) string {
	host := strings.ToLower(strings.TrimSpace(i.Value))
	switch i.Kind {
	case "url":
		u, err := url.Parse(strings.TrimSpace(i.Value))
		if err != nil {
			return ""
		}
		host = strings.ToLower(u.Hostname())
	case "domain", "ip":
	default:
		return ""
	}
	host = strings.TrimSuffix(host, ".")
	if !hostName.MatchString(host) {
		return ""
	}
	return host
}

// abuseHosters asks whoever hosts what the code talks to, one text for each
// host. Addresses are written so that no mail program opens them.
func abuseHosters(s Sheet) ([]Document, error) {
	theirs := map[string][]string{}
	for _, i := range s.Indicators {
		if host := hostOf(i); host != "" {
			line := "  " + i.Kind + ": " + defanged(i.Value)
			if i.Note != "" {
				line += ", " + oneLine(i.Note)
			}
			theirs[host] = append(theirs[host], line)
		}
	}
	var out []Document
	for _, host := range sortedKeys(theirs) {
		out = append(out, mail(AbuseHoster, host, "abuse-host-"+fileName(host), s.mentioned("Malicious code talks to "+defanged(host)),
			hello(""),
			"Malicious code that was published on "+s.Registry.name()+" fetches from, or sends to, a host of yours. Please look at it, take it down if your rules say so, and keep its records.",
			strings.Join(theirs[host], "\n"),
			"Addresses are written with hxxp and [.] so that nothing opens them by mistake.",
			titled("The code:", evidenceLines(s.Crates)), paragraph(s.Behaviour), s.contact(), s.signed()))
	}
	return out, nil
}
