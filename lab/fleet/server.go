package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/serin-dev/serin/lab/app"
)

// server is the running application of one pod.
type server struct {
	app  *app.App
	uid  types.UID
	ip   string
	stop context.CancelFunc
	done chan struct{}
}

// serve starts the pod's server, unless it runs, and returns the pod's made-up IP.
func (f *Fleet) serve(pod *corev1.Pod, settings app.Settings) (ip string, err error) {
	name := podName(pod)
	f.lock.Lock()
	defer f.lock.Unlock()
	if s := f.servers[name]; s != nil && s.uid == pod.UID {
		return s.ip, nil
	} else if s != nil {
		s.app.Kill() // Of an earlier pod of the same name.
	}
	select {
	case <-f.halt:
		return "", errors.New("starting a server: the fleet has stopped")
	default:
	}
	application, err := app.New(settings)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("starting the server of pod %s: %w", name, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &server{app: application, uid: pod.UID, ip: pod.Status.PodIP, stop: stop, done: make(chan struct{})}
	if s.ip == "" {
		s.ip = f.nextIP()
	}
	f.servers[name] = s
	f.registry.add(name, Pod{
		Namespace: pod.Namespace, Name: pod.Name, Labels: pod.Labels, Address: listener.Addr().String(),
	})
	go f.watch(ctx, name, s, listener)
	return s.ip, nil
}

// watch runs a server and tells when it has ended.
func (f *Fleet) watch(ctx context.Context, name types.NamespacedName, s *server, listener net.Listener) {
	// Whatever Serve says, the server is gone, and that is what matters here.
	_ = s.app.Serve(ctx, listener)
	s.stop()
	f.lock.Lock()
	if f.servers[name] == s {
		f.registry.remove(name)
	}
	f.lock.Unlock()
	close(s.done)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}}
	select {
	case f.ended <- event.GenericEvent{Object: pod}:
	case <-f.halt:
	}
}

// drained tells the pod's server to drain, and whether it has ended.
func (f *Fleet) drained(name types.NamespacedName) bool {
	f.lock.Lock()
	defer f.lock.Unlock()
	s := f.servers[name]
	if s == nil {
		return true
	}
	s.stop()
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// died says whether the pod's server has ended by itself, and forgets it.
func (f *Fleet) died(name types.NamespacedName) bool {
	f.lock.Lock()
	defer f.lock.Unlock()
	s := f.servers[name]
	if s == nil {
		return false
	}
	select {
	case <-s.done:
		delete(f.servers, name)
		return true
	default:
		return false
	}
}

// forget cuts the server of a pod that is gone.
func (f *Fleet) forget(name types.NamespacedName) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if s := f.servers[name]; s != nil {
		s.app.Kill()
		delete(f.servers, name)
		f.registry.remove(name)
	}
}
