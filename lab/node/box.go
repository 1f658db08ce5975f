package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// stage is the environment variable that tells the three lives of this program
// apart: the one that was called, process 1 of the box, and the one inside.
const stage = "SERIN_BOX_STAGE"

const (
	stageInit   = "init"
	stageInside = "inside"
)

// RunInBox runs a function inside a box: process, mount and network namespaces
// of their own, with a fresh /run and a /var whose changes are forgotten. The
// program starts itself anew for it, with the same arguments, so nothing before
// this call may have an effect that must happen only once.
//
// SIGINT and SIGTERM end the function's context; a second one ends the box at
// once. When this process or the box's process 1 ends, however that happens, the
// kernel ends everything inside: no process, mount or interface can be left.
// The result is the exit code of the function.
func RunInBox(inside func(context.Context) int) (int, error) {
	switch os.Getenv(stage) {
	case stageInit:
		return beInit()
	case stageInside:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return inside(ctx), nil
	}
	if os.Geteuid() != 0 {
		return 1, errors.New("making a box of namespaces needs root: a real kubelet, containerd and network are started; run it as root")
	}
	// An abstract socket as a lock: it ends with this process and leaves no file.
	lock, err := net.Listen("unix", "@serin-e2e")
	if err != nil {
		return 1, fmt.Errorf("making a box of namespaces: another one is in use on this machine: %w; wait for its end", err)
	}
	defer lock.Close()
	// The kernel ends the box when the thread that made it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := removeCgroups(); err != nil {
		return 1, err
	}
	code, err := enterBox()
	return code, errors.Join(err, removeCgroups())
}

// enterBox starts process 1 of the box and waits for its end.
func enterBox() (int, error) {
	command := exec.Command("/proc/self/exe", os.Args[1:]...)
	command.Env = append(os.Environ(), stage+"="+stageInit)
	command.Stdin, command.Stdout, command.Stderr = nil, os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		// A group of its own: Ctrl-C reaches this process alone, which passes it on.
		Setpgid: true,
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := command.Start(); err != nil {
		return 1, fmt.Errorf("making namespaces: %w; they need root and a kernel that allows them", err)
	}
	ended := make(chan struct{})
	go func() {
		for count := 0; ; count++ {
			select {
			case <-ended:
				return
			case <-signals:
				if count == 0 {
					_ = command.Process.Signal(syscall.SIGTERM)
				} else {
					_ = command.Process.Kill()
				}
			}
		}
	}()
	err := command.Wait()
	close(ended)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		if exit.ExitCode() < 0 {
			return 1, fmt.Errorf("the box ended: %s", exit)
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}
