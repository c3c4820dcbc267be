package action

import ()

func jobKinds() []Kind {
	krate := []Param{{Name: "crate", Label: "Crate", Type: CrateParam, Required: true}}
	job := []Param{{Name: "id", Label: "Job", Help: "Its number in the queue.", Type: NumberParam, Required: true}}
	return []Kind{
		define(Kind{
			Name: "job.resync_index", Title: "Write a crate's index files again",
			About: "Queues the jobs that make both index files from the database and empty their caches.", Params: krate,
		}, runResync),
		define(Kind{
			Name: "job.default_version", Title: "Choose a crate's default version again",
			About: "Queues the job that applies the registry's rule for the version shown first.", Params: krate,
		}, runDefault),
		define(Kind{
			Name: "job.invalidate", Title: "Make the caches forget files",
			About: "Queues the job that empties the caches of the static store; index files have their own job.",
			Params: []Param{
				{Name: "paths", Label: "Paths", Help: "Such as crates/serde/serde-1.0.0.crate.", Type: ListParam},
				{Name: "tags", Label: "Tags", Help: "Such as crate:serde.", Type: ListParam},
			},
		}, runInvalidate),
		define(Kind{
			Name: "job.rerender_readme", Title: "Render a version's README again",
			About: "Queues the job that renders the README; its text is read from the version's archive.", Params: versionParams(),
		}, runReadme),
		define(Kind{
			Name: "job.retry", Title: "Retry a job now",
			About: "Sets a waiting job's failures to zero, so that a worker takes it up within a second or two.", Params: job,
		}, runRetry),
		define(Kind{
			Name: "job.park", Title: "Park a job",
			About: "Keeps a waiting job from running until somebody retries it, with a low priority that raises no alarm.", Params: job,
		}, runPark),
		define(Kind{
			Name: "job.enqueue", Title: "Queue a job",
			About: "Puts a job of a known type into the registry's queue; its data is checked as the worker would.",
			Params: []Param{
				{Name: "type", Label: "Type", Type: TextParam, Required: true, Choices: jobTypeNames()},
				{Name: "data", Label: "Data", Help: "JSON; leave it out for a type without data.", Type: LongParam},
				{Name: "priority", Label: "Priority", Help: "Higher first; the type's own when left out.", Type: NumberParam},
			},
		}, runEnqueue),
	}
}
