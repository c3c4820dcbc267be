package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/api"
	"cratewarden/incident"
)

// robot is somebody's program that speaks HTTP and JSON and nothing of ours.
type robot struct {
	t     *testing.T
	base  string
	token string
	keys  int
	who   string
}

func (d *demoConsole) robot(t *testing.T, who string) *robot {
	p := &robot{t: t, base: d.address + api.Prefix, who: who}
	var in api.SignedIn
	p.must(p.send("POST", "/demo/sign-in", "", map[string]string{"as": who}, &in))
	p.token = in.Token
	return p
}

// send sends one request as it is. A problem document is the error.
func (p *robot) send(method, path, key string, body, out any) *api.Problem {
	p.t.Helper()
	var text io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		text = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, text)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		var problem api.Problem
		if err := json.Unmarshal(raw, &problem); err != nil {
			p.t.Fatalf("%s %s: %d %.300s", method, path, resp.StatusCode, raw)
		}
		return &problem
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			p.t.Fatalf("%s %s: %v: %.300s", method, path, err, raw)
		}
	}
	return nil
}

func (p *robot) must(problem *api.Problem) {
	p.t.Helper()
	if problem != nil {
		p.t.Fatalf("%s: %d %s", p.who, problem.Status, problem.Detail)
	}
}

// try posts with a new key. When a confirmation is all that is missing, it
// confirms as a demo allows, and sends the same again under the same key.
func (p *robot) try(path string, body, out any) *api.Problem {
	p.t.Helper()
	p.keys++
	key := fmt.Sprintf("%s-%s-%d", p.t.Name(), p.who, p.keys)
	problem := p.send("POST", path, key, body, out)
	if problem == nil || problem.Rule != access.RuleStepUp {
		return problem
	}
	var in api.SignedIn
	p.must(p.send("POST", "/demo/step-up", "", problem.About, &in))
	p.token = in.Token
	return p.send("POST", path, key, body, out)
}

func (p *robot) post(path string, body, out any) {
	p.t.Helper()
	if problem := p.try(path, body, out); problem != nil {
		p.t.Fatalf("%s: POST %s: %d %s", p.who, path, problem.Status, problem.Detail)
	}
}

func (p *robot) get(path string, out any) {
	p.t.Helper()
	if problem := p.send("GET", path, "", nil, out); problem != nil {
		p.t.Fatalf("%s: GET %s: %d %s", p.who, path, problem.Status, problem.Detail)
	}
}

// proposal asks what the console proposes, as soon as it has read the registry.
func (p *robot) proposal(at string) (out incident.Proposal) {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		problem := p.send("GET", at+"/proposal", "", nil, &out)
		if problem == nil || problem.Kind != cratewarden.Unavailable || time.Now().After(end) {
			p.must(problem)
			return out
		}
	}
}

// carry takes a plan from its review to its end; second agrees to it when it
// takes somebody else.
func (p *robot) carry(plan api.PlanView, second *robot) (approvals int) {
	p.t.Helper()
	at := "/plans/" + plan.Plan.ID
	var r api.PlanReview
	p.post(at+"/review", nil, &r)
	if r.Plan.Blocked {
		p.t.Fatalf("forbidden: %s", firstBlock(r.Effect))
	}
	digest := r.Plan.Digest.String()
	if r.Plan.Irreversible {
		p.post(at+"/seal", nil, nil)
	}
	if r.Plan.NeedsApproval {
		second.post(at+"/approve", map[string]string{"digest": digest}, nil)
		approvals++
	}
	var done api.PlanView
	p.post(at+"/apply", map[string]string{"digest": digest, "typed": r.Plan.Confirm}, &done)
	if done.Plan.State != "applied" {
		p.t.Fatalf("%s is %s: %s", plan.Plan.ID, done.Plan.State, done.Plan.Problem)
	}
	return approvals
}
