package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cgroupName is the cgroup below which kubelet puts all pods.
const cgroupName = "serin-e2e"

const cgroupMount = "/sys/fs/cgroup"

// unifiedCgroups says whether this machine has cgroups of version 2 alone.
func unifiedCgroups() bool {
	_, err := os.Stat(filepath.Join(cgroupMount, "cgroup.controllers"))
	return err == nil
}

// cgroupRoots are the folders of our cgroup: one, or one a controller with
// version 1.
func cgroupRoots() ([]string, error) {
	if unifiedCgroups() {
		return []string{filepath.Join(cgroupMount, cgroupName)}, nil
	}
	hierarchies, err := filepath.Glob(filepath.Join(cgroupMount, "*", "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var roots []string
	for _, file := range hierarchies {
		// The version 2 hierarchy of a hybrid machine has no controllers.
		if folder := filepath.Dir(file); filepath.Base(folder) != "unified" {
			roots = append(roots, filepath.Join(folder, cgroupName))
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("finding cgroups: none mounted below %s; kubelet cannot run without", cgroupMount)
	}
	return roots, nil
}

// makeCgroups makes the cgroup that kubelet is told to use.
func makeCgroups() error {
	if unifiedCgroups() {
		// What the root does not hand down, kubelet would miss.
		control := filepath.Join(cgroupMount, "cgroup.subtree_control")
		if err := os.WriteFile(control, []byte("+cpu +cpuset +memory +pids"), 0o644); err != nil {
			return fmt.Errorf("handing down cgroup controllers: %w", err)
		}
	}
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	for _, root := range roots {
		if err := os.MkdirAll(root, 0o755); err != nil {
			return fmt.Errorf("making the pods' cgroup: %w", err)
		}
		// A cpuset of version 1 begins empty, and nothing can run in it.
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(filepath.Dir(root), name))
			if err != nil || unifiedCgroups() {
				continue
			}
			if err := os.WriteFile(filepath.Join(root, name), value, 0o644); err != nil {
				return fmt.Errorf("filling the pods' cpuset: %w", err)
			}
		}
	}
	return nil
}

// removeCgroups ends what still runs in our cgroup and removes it, also that of
// an earlier run that was killed.
func removeCgroups() error {
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	// On a hybrid machine runc makes one there too.
	roots = append(roots, filepath.Join(cgroupMount, "unified", cgroupName))
	deadline := time.Now().Add(10 * time.Second)
	for {
		var problems []error
		for _, root := range roots {
			problems = append(problems, removeCgroup(root))
		}
		err := errors.Join(problems...)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// removeCgroup removes one folder with all below it, the deepest first.
func removeCgroup(root string) error {
	var folders []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		return nil // What vanishes meanwhile need not be removed.
	})
	if err != nil {
		return err
	}
	slices.Reverse(folders)
	for _, folder := range folders {
		endProcesses(folder)
		if err := os.Remove(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the pods' cgroup: %w", err)
		}
	}
	return nil
}

// endProcesses ends the processes of one cgroup, which are those of our pods.
func endProcesses(folder string) {
	text, _ := os.ReadFile(filepath.Join(folder, "cgroup.procs"))
	for _, line := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(line); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
