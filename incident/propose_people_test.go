package incident_test

import "time"

// stolenWays are accounts, tokens and workflows in other hands.
func stolenWays(w *town) {
	// One bad version of a popular old crate; the rest of the person's stays up.
	w.person("oldhand", 6*year)
	stolen := w.token("oldhand", 1, 2*year)
	w.crate("oldgold", "oldhand", 5*year, 5_000_000)
	w.past("oldgold", "oldhand", stolen)
	w.publish("oldgold", "1.6.0", "oldhand", stolen, 5*hour)
	w.crate("oldsilver", "oldhand", 4*year, 90_000)
	w.past("oldsilver", "oldhand", stolen)
	w.publish("oldsilver", "1.5.0", "oldhand", stolen, 4*hour)

	// A workflow or repository that was taken over: no account published.
	w.person("flowmaid", 5*year)
	for _, c := range []string{"flowlib", "flowcli"} {
		w.crate(c, "flowmaid", 3*year, 2_000_000)
		for i := range 4 {
			w.flow(c, []string{"1.0.0", "1.1.0", "1.2.0", "2.0.0"}[i], "flow/flow", time.Duration(400-90*i)*day)
		}
	}
	w.trust(9101, "flowlib", "flow/flow", 2*year)
	w.trust(9102, "flowcli", "flow/flow", 2*year)
	w.trust(9103, "flowlib", "flow/mirror", year)
	w.flow("flowlib", "2.0.1", "flow/flow", 3*hour)
	w.flow("flowcli", "2.0.1", "flow/flow", 2*hour)
	w.add(`INSERT INTO trustpub_tokens (id, expires_at, hashed_token, crate_ids) SELECT 9104, now() + interval '20 minutes', sha256('x'), ARRAY[id] FROM crates WHERE name = 'flowlib'`)

	// A token that leaked and was used from elsewhere; the account was not.
	w.person("careless", 5*year)
	own := w.token("careless", 1, 2*year)
	leaked := w.token("careless", 2, 2*year)
	w.crate("leaky", "careless", 3*year, 400_000)
	w.past("leaky", "careless", leaked)
	w.publish("leaky", "1.9.0", "careless", leaked, 6*hour)
	for _, num := range []string{"1.2.0", "1.3.0", "1.4.0"} {
		w.yank("leaky", num, "careless", leaked, 6*hour-time.Minute)
	}
	w.crate("leaky-tools", "careless", 3*year, 9000)
	w.publish("leaky-tools", "0.9.0", "careless", own, 7*hour)

	// A token publishes what only workflows published before.
	w.person("axler", 5*year)
	w.person("axlehelp", 3*day)
	aside := w.token("axler", 1, 3*year)
	w.crate("axle", "axler", 3*year, 8_000_000)
	for i := range 4 {
		w.flow("axle", []string{"1.0.0", "1.1.0", "1.2.0", "1.3.0"}[i], "axle/axle", time.Duration(400-90*i)*day)
	}
	w.crate("plain-crypto-axle", "axlehelp", day, 0)
	w.publish("plain-crypto-axle", "4.2.0", "axlehelp", 0, day)
	w.publish("axle", "1.3.1", "axler", aside, 2*hour, "plain-crypto-axle")
}

// newNames are new crates of new people, and one old one of each kind.
func newNames(w *town) {
	// Typosquats of one crate by fresh accounts, days apart and without a shared
	// trace; and a newcomer whose name is only near.
	w.person("serialist", 8*year)
	w.crate("serialize-it", "serialist", 7*year, 30_000_000)
	w.past("serialize-it", "serialist", 0)
	for i, name := range []string{"seriallize-it", "serialize-itt", "serialise-it"} {
		login := []string{"qkorv", "mbaldwin", "tzuluu"}[i]
		w.person(login, time.Duration(10-4*i)*day)
		w.crate(name, login, time.Duration(9-4*i)*day, 12)
		w.publish(name, "0.1.0", login, 0, time.Duration(9-4*i)*day)
	}
	w.person("goodnewcomer", 6*day)
	w.crate("serialize-item-list", "goodnewcomer", 5*day, 12)
	w.publish("serialize-item-list", "0.1.0", "goodnewcomer", 0, 5*day)

	// Dependency confusion: names of a company's own packages, with a number
	// above any of theirs.
	w.person("depconf", 2*day)
	for i, name := range []string{"acme-billing-core", "acme-auth-internal", "acme-ledger"} {
		w.crate(name, "depconf", day-time.Duration(i)*time.Minute, 3)
		w.publish(name, []string{"99.0.0", "99.0.0", "0.1.0"}[i], "depconf", 0, day-time.Duration(i)*time.Minute)
	}

	// A malicious crate that lay there for months, updated now and then.
	w.person("slowguy", 200*day)
	w.crate("slowpoison", "slowguy", 190*day, 900)
	for i := range 4 {
		w.publish("slowpoison", []string{"0.1.0", "0.2.0", "0.3.0", "0.4.0"}[i], "slowguy", 0, time.Duration(190-40*i)*day)
	}
	// The same of a genuine crate: small, old, by one hand, and used by nobody.
	w.person("smallguy", 200*day)
	w.crate("smallring", "smallguy", 190*day, 900)
	for i := range 4 {
		w.publish("smallring", []string{"0.1.0", "0.2.0", "0.3.0", "0.4.0"}[i], "smallguy", 0, time.Duration(190-40*i)*day)
	}

	// Names that are markup, beside one that is not.
	w.person("marker", 3*day)
	for i, name := range []string{"mark-up", `<img src=x onerror=alert(1)>`} {
		w.crate(name, "marker", 2*day-time.Duration(i)*time.Minute, 0)
		w.publish(name, "99.0.0", "marker", 0, 2*day-time.Duration(i)*time.Minute)
	}
}

// goodPeople stand in the middle of attacks.
func goodPeople(w *town) {
	// A helper that established people took up in good faith: with a workspace of
	// two crates, after a long silence, with a new token, and a newcomer; beside
	// them thirty crates that depend on the one that carries it.
	w.person("helpful", 3*day)
	w.crate("tinyhelp", "helpful", 2*day, 400)
	w.publish("tinyhelp", "1.0.0", "helpful", 0, 2*day)
	w.person("midowner", 6*year)
	w.crate("midlib", "midowner", 5*year, 9_000_000)
	w.past("midlib", "midowner", 0)
	w.publish("midlib", "3.1.0", "midowner", 0, 20*hour, "tinyhelp")
	for i := range 8 {
		login := "taker" + string(rune('a'+i))
		w.person(login, 4*year)
		token := w.token(login, 1, 2*day)
		w.crate("taken-"+login, login, 3*year, 5000)
		w.publish("taken-"+login, "1.0.0", login, 0, time.Duration(200+200*(i%2))*day)
		w.publish("taken-"+login, "1.1.0", login, token, 30*hour, "tinyhelp")
		if i < 2 {
			w.crate("taken-too-"+login, login, 3*year, 5000)
			w.publish("taken-too-"+login, "1.0.0", login, 0, 200*day)
			w.publish("taken-too-"+login, "1.1.0", login, token, 30*hour, "tinyhelp")
		}
	}
	for i := range 30 {
		login := "user" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		w.person(login, 4*year)
		w.crate("uses-midlib-"+login, login, 3*year, 5000)
		w.publish("uses-midlib-"+login, "1.0.0", login, 0, 100*day, "midlib")
		w.publish("uses-midlib-"+login, "1.0.1", login, 0, 10*hour, "midlib")
	}

	// A new maintainer, invited a week ago, publishes the bad version.
	w.person("goodsoul", 7*year)
	w.person("newmaint", 2*year)
	w.crate("maintlib", "newmaint", 2*year, 300)
	w.publish("maintlib", "0.1.0", "newmaint", 0, 2*year)
	for _, c := range []string{"trustly", "trustly-util"} {
		w.crate(c, "goodsoul", 6*year, 2_000_000)
		w.past(c, "goodsoul", 0)
		w.owner(c, "newmaint", "goodsoul", 6*day)
	}
	fresh := w.token("newmaint", 1, 5*day)
	w.publish("trustly", "4.0.1", "newmaint", fresh, 8*hour)

	// Three bad versions that the owner yanked, and the repair, all by one token.
	w.person("honest", 6*year)
	token := w.token("honest", 1, year)
	w.crate("slippery", "honest", 4*year, 700_000)
	w.past("slippery", "honest", token)
	for i, num := range []string{"1.5.0", "1.5.1", "1.5.2"} {
		w.publish("slippery", num, "honest", token, 20*hour-time.Duration(i)*hour)
		w.yank("slippery", num, "honest", token, 10*hour)
	}
	w.publish("slippery", "1.5.3", "honest", token, 9*hour)

	// One bad version beside forty good ones of the same day.
	w.person("prolific", 6*year)
	ci := w.token("prolific", 1, 3*year)
	for i := range 41 {
		name := "prolific-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		w.crate(name, "prolific", 5*year, 40_000)
		w.past(name, "prolific", ci)
		w.publish(name, "2.0.0", "prolific", ci, 2*day+time.Duration(i)*time.Minute)
	}
}
