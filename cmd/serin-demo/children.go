package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// killChildren ends all processes that this one started, with their groups, and
// says how many there were. The test control plane does not tell its processes'
// ids, and may be interrupted before it knows them itself.
func killChildren() int {
	found := children(os.Getpid())
	for _, child := range found {
		if group, err := syscall.Getpgid(child); err == nil && group == child {
			_ = syscall.Kill(-child, syscall.SIGKILL)
		}
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	return len(found)
}

// children are the ids of a process' children that still run.
func children(parent int) []int {
	entries, err := os.ReadDir("/proc/self")
	if err != nil || len(entries) == 0 {
		return childrenByPS(parent)
	}
	entries, err = os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		status, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue // It has ended meanwhile.
		}
		// pid (name) state parent …; the name may hold anything.
		_, rest, _ := strings.Cut(string(status), ") ")
		if i := strings.LastIndex(rest, ") "); i >= 0 {
			rest = rest[i+2:]
		}
		if fields := strings.Fields(rest); len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(parent) {
			found = append(found, id)
		}
	}
	return found
}

// childrenByPS is for systems without /proc.
func childrenByPS(parent int) []int {
	command := exec.Command("ps", "-A", "-o", "pid=,stat=,ppid=")
	output, err := command.Output()
	if err != nil {
		return nil
	}
	var found []int
	for _, line := range strings.Split(string(output), "\n") {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[2] != strconv.Itoa(parent) || strings.HasPrefix(fields[1], "Z") {
			continue
		}
		if id, err := strconv.Atoi(fields[0]); err == nil && id != command.Process.Pid {
			found = append(found, id)
		}
	}
	return found
}
