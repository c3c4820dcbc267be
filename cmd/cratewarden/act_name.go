package main

type reserveCmd struct {
	doing
	Names []string `arg:"" placeholder:"NAME" help:"Crate names."`
}

// Run reserves.
func (c reserveCmd) Run(e env) error { return eachName(e, c.doing, "name.reserve", c.Names) }

type unreserveCmd struct {
	doing
	Names []string `arg:"" placeholder:"NAME" help:"Crate names."`
}

// Run frees.
func (c unreserveCmd) Run(e env) error { return eachName(e, c.doing, "name.unreserve", c.Names) }

func eachName(e env, d doing, kind string, names []string) error {
	var steps [][]byte
	for _, n := range names {
		steps = append(steps, step(kind, "name", n))
	}
	return carry(e, d, steps...)
}

type trustpubOnlyCmd struct {
	doing
	Name string `arg:"" help:"Crate."`
	Off  bool   `help:"Let tokens publish it again."`
}

// Run sets it.
func (c trustpubOnlyCmd) Run(e env) error {
	return carry(e, c.doing, step("crate.trustpub_only", "crate", c.Name, "on", !c.Off))
}

type ownerCmd struct {
	Add    ownerAddCmd    `cmd:"" help:"Make a person an owner of a crate at once."`
	Remove ownerRemoveCmd `cmd:"" help:"Take a person off a crate's owners."`
}

type ownerOf struct {
	doing
	Name string `arg:"" help:"Crate."`
	Who  string `arg:"" placeholder:"LOGIN" help:"Login, or account id."`
}

func (c ownerOf) carry(e env, kind string) error {
	id, err := account(e, c.doing, c.Who)
	if err != nil {
		return err
	}
	return carry(e, c.doing, step(kind, "crate", c.Name, "account", id))
}

type ownerAddCmd struct{ ownerOf }

// Run adds.
func (c ownerAddCmd) Run(e env) error { return c.carry(e, "owner.add") }

type ownerRemoveCmd struct{ ownerOf }

// Run removes.
func (c ownerRemoveCmd) Run(e env) error { return c.carry(e, "owner.remove") }

type deleteCmd struct {
	Crate   deleteCrateCmd   `cmd:"" help:"Delete a crate for good; takes a second person and sealed evidence."`
	Version deleteVersionCmd `cmd:"" help:"Delete versions for good; takes a second person and sealed evidence."`
}

type deleteCrateCmd struct {
	doing
	Name    string `arg:"" help:"Crate."`
	Message string `help:"Public: it is in the registry's dump."`
}

// Run plans the deletion.
func (c deleteCrateCmd) Run(e env) error {
	return carry(e, c.doing, step("crate.delete", "crate", c.Name, "message", c.Message))
}

type deleteVersionCmd struct {
	doing
	Specs []string `arg:"" placeholder:"NAME@VERSION" help:"Versions."`
}

// Run plans the deletion.
func (c deleteVersionCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.delete", "")
}
