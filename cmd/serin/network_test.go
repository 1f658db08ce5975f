package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"time"
)

// network is a way to the API server that can be cut, as a restart of the API
// server cuts it: what is open breaks, what is new is refused.
type network struct {
	// address is where it listens, also after it was cut.
	address string
	target  string

	mutex    sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	// used is closed when somebody has connected.
	used chan struct{}
	once sync.Once
}

// newNetwork opens a way to an API server.
func newNetwork(server string) (*network, error) {
	target, err := url.Parse(server)
	if err != nil || target.Host == "" {
		return nil, fmt.Errorf("reading the address of the API server, %q: %w", server, err)
	}
	n := &network{address: "127.0.0.1:0", target: target.Host, open: map[net.Conn]bool{}, used: make(chan struct{})}
	return n, n.up()
}

// up listens.
func (n *network) up() error {
	listener, err := net.Listen("tcp", n.address)
	if err != nil {
		return fmt.Errorf("listening at %s: %w", n.address, err)
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.listener, n.address = listener, listener.Addr().String()
	go n.accept(listener)
	return nil
}

// down cuts everything.
func (n *network) down() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	_ = n.listener.Close()
	for connection := range n.open {
		_ = connection.Close()
	}
	n.open = map[net.Conn]bool{}
}

// accept serves until the listener is closed.
func (n *network) accept(listener net.Listener) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", n.target)
		if err != nil {
			_ = from.Close()
			continue
		}
		n.mutex.Lock()
		n.open[from], n.open[to] = true, true
		n.mutex.Unlock()
		n.once.Do(func() { close(n.used) })
		go pipe(from, to)
		go pipe(to, from)
	}
}

// pipe copies until one side is closed, then closes the other.
func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}

// connected waits until somebody has connected.
func (n *network) connected() error {
	select {
	case <-n.used:
		return nil
	case <-time.After(30 * time.Second):
		return errors.New("nobody has connected within 30 seconds")
	}
}
