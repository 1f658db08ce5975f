// Package splitter is a small data plane for the Gateway API: an HTTP proxy that
// splits requests as one HTTPRoute says, among the ready endpoints that
// Kubernetes says the Services have, and that tells in the route's status what it
// has accepted.
//
// What may come in: controller-runtime and the Gateway API's types; nothing of
// Serin's engine.
package splitter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// ControllerName is how the splitter signs the status of a route.
const ControllerName = "serin.dev/lab-splitter"

// Addresses says where the server of a pod is. lab/fleet's Registry does.
type Addresses interface {
	Address(namespace, pod string) (address string, found bool)
}

// Splitter is the data plane of one HTTPRoute. Make one with New, Add it to a
// manager.
type Splitter struct {
	client    client.Client
	route     types.NamespacedName
	addresses Addresses
	listener  net.Listener
	proxy     *httputil.ReverseProxy
	transport *http.Transport
	table     table
}

// New makes a Splitter for a route, on a free port of loopback.
func New(route types.NamespacedName, addresses Addresses) (*Splitter, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the splitter: %w", err)
	}
	s := &Splitter{
		route: route, addresses: addresses, listener: listener,
		transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			ResponseHeaderTimeout: 10 * time.Second,
			MaxIdleConnsPerHost:   256,
			IdleConnTimeout:       30 * time.Second,
		},
	}
	s.proxy = &httputil.ReverseProxy{
		Rewrite:      forward,
		Transport:    s.transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	return s, nil
}

// URL is where the splitter listens.
func (s *Splitter) URL() string { return "http://" + s.listener.Addr().String() }

// Add makes the manager run the splitter. Its scheme must know the Gateway API.
func (s *Splitter) Add(mgr manager.Manager) error {
	s.client = mgr.GetClient()
	if err := mgr.Add(s); err != nil {
		return err
	}
	always := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: s.route}}
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("splitter").
		For(&gatewayv1.HTTPRoute{}).
		Watches(&corev1.Service{}, always).
		Watches(&discoveryv1.EndpointSlice{}, always).
		Complete(s)
}

// Start serves until the context ends. A manager calls it.
func (s *Splitter) Start(ctx context.Context) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	defer s.transport.CloseIdleConnections()
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", s.URL(), err)
	}
	return nil
}

// address is the key of the request's context for where to forward it to.
type address struct{}

// ServeHTTP forwards a request to the next endpoint of the next backend.
func (s *Splitter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pod, code := s.table.next(r.URL.Path)
	if code != http.StatusOK {
		w.WriteHeader(code)
		return
	}
	to, found := s.addresses.Address(s.route.Namespace, pod)
	if !found {
		w.WriteHeader(http.StatusBadGateway) // Its server is gone, and Kubernetes has not said so yet.
		return
	}
	s.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), address{}, to)))
}

// forward sends a request to the address in its context.
func forward(r *httputil.ProxyRequest) {
	to, _ := r.In.Context().Value(address{}).(string)
	r.SetURL(&url.URL{Scheme: "http", Host: to})
	r.SetXForwarded()
}
