package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpu is processor time spent so far: by this program, by the private
// PostgreSQL under it, and by everything on the machine.
type cpu struct{ program, server, machine time.Duration }

// clockTick is the unit of Linux's process times.
const clockTick = 10 * time.Millisecond

// cpuTimes reads Linux's process files; elsewhere only the program's own time
// is known. Processes that ended since are not counted, which pooled
// connections do not do.
func cpuTimes() (c cpu) {
	var own syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) == nil {
		c.program = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	}
	parents, spent := map[int]int{}, map[int]time.Duration{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		at := bytes.LastIndexByte(text, ')')
		if err != nil || at < 0 {
			continue
		}
		fields := strings.Fields(string(text[at+1:]))
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parents[id], _ = strconv.Atoi(fields[1])
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		spent[id] = time.Duration(user+system) * clockTick
	}
	for id := range spent {
		if under(parents, id, os.Getpid()) {
			c.server += spent[id]
		}
	}
	c.machine = machineTime()
	return c
}

// under says whether a process descends from another.
func under(parents map[int]int, id, top int) bool {
	for id = parents[id]; id > 1; id = parents[id] {
		if id == top {
			return true
		}
	}
	return false
}

func machineTime() time.Duration {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	var sum time.Duration
	for i, field := range strings.Fields(line) {
		// user, nice, system, idle, iowait, irq, softirq, steal …
		if n, err := strconv.Atoi(field); err == nil && i != 4 && i != 5 && i <= 7 {
			sum += time.Duration(n) * clockTick
		}
	}
	return sum
}
