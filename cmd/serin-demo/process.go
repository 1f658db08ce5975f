package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a child process with a log.
type process struct {
	command *exec.Cmd
	log     string
	stopped chan struct{}
	done    chan struct{}
	err     error
}

// startProcess starts a program in a process group of its own, so that Ctrl-C in a
// terminal reaches only the demo, and writes what it says to a file.
func startProcess(log, program string, args ...string) (*process, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = file, file
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command, log: log, stopped: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = command.Wait()
	}()
	return p, nil
}

// wait returns when the process has ended: with an error, unless stop ended it.
func (p *process) wait() error {
	<-p.done
	select {
	case <-p.stopped:
		return nil
	default:
	}
	if p.err != nil {
		return p.err
	}
	return errors.New("exit status 0, before the demo did")
}

// stop ends the process: it asks, and after three seconds it insists.
func (p *process) stop() error {
	close(p.stopped)
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
	return nil
}

// logTail is the end of what the process said.
func (p *process) logTail() string {
	const lines = 20
	text, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	all := strings.SplitAfter(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "") + "\n"
}
