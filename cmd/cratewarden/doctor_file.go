package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cratewarden"
	"cratewarden/door"
)

// settings reads the settings of sign-in.
func (p *patient) settings(context.Context) {
	const about = "settings of sign-in"
	f, err := readSignIn(p.serve.SignIn)
	if err != nil {
		p.say(wrong, about, "Correct the file; docs/sign-in.md explains every line.", "%s", cratewarden.MessageOf(err))
		return
	}
	p.signIn = f
	p.say(fine, about, "", "%d places to sign in at %s", len(f.Providers), f.Origin)
	long := func(name string, d, most time.Duration) {
		if d > most {
			p.say(weak, about, "Make it shorter, or leave it out.", "%s is %s, longer than %s", name, d, most)
		}
	}
	long("sessions.idle", f.Sessions.Idle, 8*time.Hour)
	long("sessions.absolute", f.Sessions.Absolute, 24*time.Hour)
	long("sessions.program", f.Sessions.Program, 24*time.Hour)
	long("sessions.step_up", f.Sessions.StepUp, 15*time.Minute)
	long("sessions.list_age", f.Sessions.ListAge, 5*time.Minute)
	long("sessions.refuse_after", f.Sessions.RefuseAfter, 2*time.Hour)
	long("people.refresh", f.People.Refresh, 5*time.Minute)
}

// secretFiles looks at who may read the secrets and write the settings.
func (p *patient) secretFiles(context.Context) {
	if p.serve.LedgerKey != "" {
		p.secret("the ledger's key", p.serve.LedgerKey)
	}
	if p.serve.TLSKey != "" {
		p.secret("key of the certificate", p.serve.TLSKey)
	}
	if p.serve.SignIn != "" {
		p.unwritable("settings of sign-in", p.serve.SignIn)
	}
	if p.signIn == nil {
		return
	}
	for _, one := range p.signIn.Providers {
		about := "secret of sign-in " + one.ID
		if _, err := p.signIn.secrets(one.Secret)(); err != nil {
			p.say(wrong, about, "Put the secret that the provider gave there.", "%s", cratewarden.MessageOf(err))
		} else if one.Secret.File != "" {
			p.secret(about, p.signIn.path(one.Secret.File))
		}
	}
	if ref := p.signIn.Notices.Mail.Password; ref.File != "" {
		p.secret("password for mail", p.signIn.path(ref.File))
	}
	for _, one := range p.signIn.Notices.Channels {
		if one.Secret.File != "" {
			p.secret("secret of channel "+one.ID, p.signIn.path(one.Secret.File))
		}
	}
	if p.signIn.People.File != "" {
		p.unwritable("list of people", p.signIn.path(p.signIn.People.File))
	}
}

// secret says whether a file is its owner's alone.
func (p *patient) secret(about, path string) {
	info, ok := p.unwritable(about, path)
	if !ok {
		return
	}
	name := filepath.Base(path)
	switch mode := info.Mode().Perm(); {
	case mode&0o007 != 0:
		p.say(wrong, about, "Run: chmod 600 "+name+". Then make a new secret: this one may be known.", "everybody on this machine may read %s (mode %04o)", name, mode)
	case mode&0o070 != 0:
		p.say(weak, about, "Run: chmod 600 "+name, "a group may read %s (mode %04o)", name, mode)
	default:
		p.say(fine, about, "", "%s is its owner's alone (mode %04o)", name, mode)
	}
}

// unwritable says when somebody else could change a file or put another in its
// place, and whether there is one at all.
func (p *patient) unwritable(about, path string) (fs.FileInfo, bool) {
	name := filepath.Base(path)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		p.say(wrong, about, "Put the file there, readable for the user that runs cratewarden.", "%s is not a file that can be read", name)
		return nil, false
	}
	if !trustedOwner(info) {
		p.say(wrong, about, "Run: chown it to the user that runs cratewarden.", "%s belongs to another user, who may change it", name)
		return info, false
	}
	if info.Mode().Perm()&0o022 != 0 {
		p.say(wrong, about, "Run: chmod go-w "+name, "others may write %s (mode %04o)", name, info.Mode().Perm())
		return info, false
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err == nil && folder.Mode().Perm()&0o022 != 0 && folder.Mode()&fs.ModeSticky == 0 {
		p.say(wrong, about, "Run: chmod go-w on the folder.", "others may write the folder of %s, and so put another file in its place", name)
		return info, false
	}
	return info, true
}

// trustedOwner says whether a file belongs to this user or to root, who can read
// everything anyway.
func trustedOwner(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Uid == 0 || int(stat.Uid) == os.Geteuid()
}

// certificates looks at what https is served with.
func (p *patient) certificates(context.Context) {
	const about = "certificate"
	if p.serve.TLSCert+p.serve.TLSKey+p.serve.ClientCA == "" {
		return
	}
	certs, err := door.Open(door.CertificateConfig{Pairs: []door.Pair{{Cert: p.serve.TLSCert, Key: p.serve.TLSKey}}, ClientCA: p.serve.ClientCA})
	if err != nil {
		p.say(wrong, about, "Give a certificate chain and the key that belongs to it, as PEM files.", "%s", cratewarden.MessageOf(err))
		return
	}
	end := certs.Expires().UTC()
	left := end.Sub(p.clock())
	when := fmt.Sprintf("until %s UTC", end.Format("2006-01-02 15:04"))
	switch {
	case left <= 0:
		p.say(wrong, about, "Put new ones into the same files; they are read without a restart.", "it is over: it was good %s", when)
	case left < 14*24*time.Hour:
		p.say(weak, about, "Put new ones into the same files; they are read without a restart.", "it is good for %d days only, %s", int(left.Hours()/24), when)
	default:
		p.say(fine, about, "", "good %s", when)
	}
}

// transport says whether people's connections are encrypted all the way, as far
// as the settings tell.
func (p *patient) transport(context.Context) {
	if p.signIn == nil {
		return
	}
	const about = "https"
	own := p.serve.TLSCert != ""
	switch https := strings.HasPrefix(p.signIn.Origin, "https://"); {
	case https && !own && len(p.signIn.Proxies) == 0:
		p.say(weak, about, "Name the proxy's network in proxies, or give --tls-cert and --tls-key.",
			"the origin is https, yet neither certificates nor a proxy are named: all clients seem to be one, and limits for one address hold for all")
	case !https && own:
		p.say(wrong, about, "Let origin begin with https://.", "there are certificates, but the origin is http: sign-in and passkeys would fail")
	case !https:
		p.say(weak, about, "Use https before anybody else uses this console.", "the origin is http, which is only for trying out on one machine")
	default:
		p.say(fine, about, "", "by %s", map[bool]string{true: "our own certificates", false: "a proxy"}[own])
	}
	for _, network := range p.signIn.Proxies {
		if network.Bits() == 0 {
			p.say(wrong, about, "Name only the proxies' own networks.", "everybody is a proxy: anybody may claim any address")
		} else if network.Bits() < 8 || network.Addr().Is6() && network.Bits() < 32 {
			p.say(weak, about, "Name only the proxies' own networks.", "%s is a large part of the internet: everybody there may claim any address", network)
		}
	}
}
