package main

import (
	"context"
	"net"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"go.yaml.in/yaml/v3"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/pg"
	"cratewarden/team"
)

// demoPerson is somebody who works with the made-up registry.
type demoPerson struct {
	Name     string             `yaml:"name"`
	GitHub   string             `yaml:"github"`
	GitHubID int64              `yaml:"github_id"`
	Roles    []cratewarden.Role `yaml:"roles"`
	OnCall   bool               `yaml:"on_call"`
}

// demoPeople are one or two for each role, so that every page can be seen with
// the eyes of everybody who would use it.
func demoPeople() []demoPerson {
	act := []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Platform}
	return []demoPerson{
		{Name: "Ada", Roles: act, OnCall: true},
		{Name: "Bo", Roles: act},
		{Name: "Vera", Roles: []cratewarden.Role{cratewarden.Viewer}},
		{Name: "Rita", Roles: []cratewarden.Role{cratewarden.Responder}},
		{Name: "Remy", Roles: []cratewarden.Role{cratewarden.Remover}},
		{Name: "Polly", Roles: []cratewarden.Role{cratewarden.Policy}},
		{Name: "Ed", Roles: []cratewarden.Role{cratewarden.Editor}},
		{Name: "Pat", Roles: []cratewarden.Role{cratewarden.Platform}},
		{Name: "Audrey", Roles: []cratewarden.Role{cratewarden.Auditor}},
	}
}

// demoSignIn writes the demo's list of people, each with an account of the
// made-up registry that has no part in any crate, and lets its visitors be any
// of them.
func demoSignIn(ctx context.Context, dir, registry, origin string) (*signInConfig, error) {
	people := demoPeople()
	conn, err := pgx.Connect(ctx, registry)
	if err != nil {
		return nil, pg.Map(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT o.account_id, o.login FROM oauth_github o
		WHERE NOT EXISTS (SELECT FROM crate_owners c WHERE c.owner_kind = 0 AND c.owner_id = o.user_id)
		  AND NOT EXISTS (SELECT FROM crate_owner_invitations i WHERE i.invited_user_id = o.user_id)
		ORDER BY o.user_id LIMIT $1`, len(people))
	if err != nil {
		return nil, pg.Map(err)
	}
	var n int
	var number int64
	var login string
	_, err = pgx.ForEachRow(rows, []any{&number, &login}, func() error {
		people[n].GitHubID, people[n].GitHub = number, login
		n++
		return nil
	})
	if err != nil || n < len(people) {
		return nil, cratewarden.Wrap(err, cratewarden.Unavailable, "The made-up registry lacks accounts. Remove the demo's folder and start again.")
	}
	text, err := yaml.Marshal(map[string]any{"people": people})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "people.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	return &signInConfig{team: team.Config{File: file}, auth: auth.Config{Origin: origin, Pretend: true}}, nil
}

// localOrigin is the demo's address by a name, since browsers give passkeys to
// names only.
func localOrigin(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		_, port, _ := net.SplitHostPort(addr.String())
		return "http://localhost:" + port
	}
	return "http://" + addr.String()
}
