package node

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// beInit is process 1 of the box: it prepares the mounts, starts the program
// once more, passes SIGTERM on, and reaps whatever lost its parent, such as the
// containers' shims. With its end the kernel ends all others.
func beInit() (int, error) {
	if err := prepareMounts(); err != nil {
		return 1, err
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM)
	if err := errors.Join(os.Setenv(stage, stageInside), os.Setenv("TMPDIR", "/run/tmp")); err != nil {
		return 1, err
	}
	pid, err := syscall.ForkExec("/proc/self/exe", os.Args, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 1, fmt.Errorf("starting the program inside its box: %w", err)
	}
	go func() {
		for range signals {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	}()
	return reapUntil(pid)
}

// reapUntil waits for the end of all children until that of the main one.
func reapUntil(pid int) (int, error) {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 1, fmt.Errorf("waiting for the program inside its box: %w", err)
		case ended == pid && status.Signaled():
			return 1, fmt.Errorf("the program inside its box was ended by signal %d", status.Signal())
		case ended == pid && status.Exited():
			return status.ExitStatus(), nil
		}
	}
}

// prepareMounts gives the box a /proc that shows its processes, an empty /run,
// and a /var whose changes live in memory: kubelet and containerd write to fixed
// places there, and the machine's own state must not change.
func prepareMounts() error {
	const quiet = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	for _, step := range []struct {
		source, target, kind string
		flags                uintptr
		data                 string
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE, ""},
		// Pods' mounts spread from kubelet to the containers.
		{"", "/", "", syscall.MS_REC | syscall.MS_SHARED, ""},
		{"proc", "/proc", "proc", quiet, ""},
		{"tmpfs", "/run", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, "mode=755"},
		{"overlay", "/var", "overlay", 0, "lowerdir=/var,upperdir=/run/var/changes,workdir=/run/var/work"},
	} {
		if step.kind == "overlay" {
			for _, folder := range []string{"/run/tmp", "/run/var/changes", "/run/var/work"} {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					return err
				}
			}
		}
		if err := syscall.Mount(step.source, step.target, step.kind, step.flags, step.data); err != nil {
			return fmt.Errorf("mounting %s in the box: %w", step.target, err)
		}
	}
	return nil
}
