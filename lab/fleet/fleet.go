// Package fleet stands for the nodes of a cluster: it binds the pods of one
// namespace to a node, runs a real HTTP server on loopback for each, keeps their
// status as a kubelet does, and drains and removes them when they are deleted.
//
// What may come in: controller-runtime, lab/app; nothing of Serin's engine.
package fleet

import (
	"context"
	"fmt"
	"net"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Fleet runs the pods of one namespace. Make one with New, Add it to a manager.
type Fleet struct {
	client    client.Client
	namespace string
	node      string
	registry  *Registry
	ended     chan event.GenericEvent
	halt      chan struct{}

	lock    sync.Mutex
	servers map[types.NamespacedName]*server
	lastIP  uint16
}

// New makes a Fleet for the pods of a namespace, on a node of that name.
func New(namespace, node string) *Fleet {
	return &Fleet{
		namespace: namespace,
		node:      node,
		registry:  newRegistry(),
		ended:     make(chan event.GenericEvent, 64),
		halt:      make(chan struct{}),
		servers:   map[types.NamespacedName]*server{},
	}
}

// Registry says where the pods' servers are.
func (f *Fleet) Registry() *Registry { return f.registry }

// Add makes the manager run the fleet. Its cache must hold the pods of the
// namespace. All servers end with the manager.
func (f *Fleet) Add(mgr manager.Manager) error {
	f.client = mgr.GetClient()
	if err := mgr.Add(f); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("fleet").
		For(&corev1.Pod{}).
		WatchesRawSource(source.Channel(f.ended, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 8}).
		Complete(f)
}

// Start makes the node, and when the context ends kills all servers. A manager
// calls it.
func (f *Fleet) Start(ctx context.Context) error {
	defer f.killAll()
	if err := f.makeNode(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// makeNode makes the node that the pods are bound to: pods of a node that does
// not exist would be collected as garbage.
func (f *Fleet) makeNode(ctx context.Context) error {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: f.node}}
	if err := f.client.Create(ctx, node); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating node %s: %w", f.node, err)
	}
	return nil
}

// killAll cuts every server and waits until they are gone.
func (f *Fleet) killAll() {
	f.lock.Lock()
	close(f.halt)
	servers := f.servers
	f.servers = map[types.NamespacedName]*server{}
	f.lock.Unlock()
	for name, s := range servers {
		s.app.Kill()
		<-s.done
		f.registry.remove(name)
	}
}

// nextIP makes up an address for a pod. It is never used, but EndpointSlices
// refuse loopback addresses.
func (f *Fleet) nextIP() string {
	f.lastIP++
	return net.IPv4(10, 20, byte(f.lastIP>>8), byte(f.lastIP)).String()
}
