package fleet

import (
	"cmp"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Pod is a pod with a running server.
type Pod struct {
	Namespace, Name string
	// Labels of the pod. Do not change them.
	Labels map[string]string
	// Address of its server on loopback. Example: 127.0.0.1:41233.
	Address string
}

// Registry says where the pods' servers are. It is safe for concurrent use.
type Registry struct {
	lock      sync.RWMutex
	pods      map[types.NamespacedName]Pod
	observers []func([]Pod)
}

func newRegistry() *Registry { return &Registry{pods: map[types.NamespacedName]Pod{}} }

// Address finds the server of a pod.
func (r *Registry) Address(namespace, name string) (address string, found bool) {
	r.lock.RLock()
	defer r.lock.RUnlock()
	pod, found := r.pods[types.NamespacedName{Namespace: namespace, Name: name}]
	return pod.Address, found
}

// Pods are all pods with a running server, in order of namespace and name.
func (r *Registry) Pods() []Pod {
	r.lock.RLock()
	defer r.lock.RUnlock()
	return r.sorted()
}

// Observe calls a function now and after each change, in order, with all pods.
// It must not call the registry.
func (r *Registry) Observe(observer func([]Pod)) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.observers = append(r.observers, observer)
	observer(r.sorted())
}

func (r *Registry) add(name types.NamespacedName, pod Pod) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.pods[name] = pod
	r.tell()
}

func (r *Registry) remove(name types.NamespacedName) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if _, found := r.pods[name]; found {
		delete(r.pods, name)
		r.tell()
	}
}

// tell calls the observers. The lock is held.
func (r *Registry) tell() {
	for _, observer := range r.observers {
		observer(r.sorted())
	}
}

func (r *Registry) sorted() []Pod {
	pods := make([]Pod, 0, len(r.pods))
	for _, pod := range r.pods {
		pods = append(pods, pod)
	}
	slices.SortFunc(pods, func(a, b Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return pods
}
