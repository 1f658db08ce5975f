package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Program is how to start a process.
type Program struct {
	// Name of the process, in messages and of its log file.
	Name string
	// Path of the binary; without a slash it is looked up in PATH.
	Path string
	Args []string
	// Env is added to the environment of this process.
	Env []string
	// Logs is the folder of its log file, which it appends to.
	Logs string
}

// Process is a running program.
type Process struct {
	program Program
	command *exec.Cmd
	done    chan struct{}
	failure error
}

// Start starts a program. Its output goes to its log file.
func Start(program Program) (*Process, error) {
	log, err := os.OpenFile(program.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program.Name, err)
	}
	defer log.Close()
	command := exec.Command(program.Path, program.Args...)
	command.Env = append(os.Environ(), program.Env...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program.Name, err)
	}
	process := &Process{program: program, command: command, done: make(chan struct{})}
	go func() {
		process.failure = command.Wait()
		close(process.done)
	}()
	return process, nil
}

func (p Program) log() string { return filepath.Join(p.Logs, p.Name+".log") }

// PID is the process' id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Signal sends a signal to the process.
func (p *Process) Signal(signal syscall.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("sending signal %d to %s: %w", signal, p.program.Name, err)
	}
	return nil
}

// Kill ends the process by SIGKILL and waits for its end.
func (p *Process) Kill() {
	_ = p.command.Process.Kill()
	<-p.done
}

// Stop ends the process by SIGTERM, after the time given by SIGKILL.
func (p *Process) Stop(patience time.Duration) {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer timer.Stop()
	<-p.done
}

// Exited says whether the process has ended, and how.
func (p *Process) Exited() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s has ended (%v); the end of its log %s:\n%s", p.program.Name, p.failure, p.program.log(), p.program.lastLines())
	default:
		return nil
	}
}

// lastLines are the last lines of the log.
func (p Program) lastLines() string {
	text, _ := os.ReadFile(p.log())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) > 8 {
		lines = lines[len(lines)-8:]
	}
	return strings.Join(lines, "\n")
}

// Ready waits until the process answers 200 at the URL.
func (p *Process) Ready(ctx context.Context, url string) error {
	return p.Until(ctx, url+" answers", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	})
}

// Until waits until a check of the process succeeds. It gives up when the process
// ends.
func (p *Process) Until(ctx context.Context, what string, check func(context.Context) error) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := check(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if exited := p.Exited(); exited != nil {
			return exited
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s of %s: %w (last: %w); its log: %s", what, p.program.Name, ctx.Err(), err, p.program.log())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
