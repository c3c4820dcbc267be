// Package jobs runs what nobody waits for: follow-ups of plans, recovery after
// a crash, the watch for deleted versions that come back, messages to people,
// reminders of reviews. It stands on River, a queue in the console's database. Any
// number of processes may run it; each follow-up and each message is done by one
// of them, and what is to be done every minute is done by one chosen among them.
//
// The queue only says when to look. What is owed, how often it was tried and
// what came of it stands in the engine's own tables, and recovery finds there
// whatever the queue has lost.
package jobs
