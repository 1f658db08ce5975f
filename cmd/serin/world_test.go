package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
)

// world is a namespace of its own at the API server, with a network that can be
// cut. It plays the controller, which does not run here.
type world struct {
	namespace string
	network   *network
	folder    string
	// owner is the Rollout that was applied last: it owns the ReplicaSets.
	owner *metav1.OwnerReference
}

// newWorld makes a namespace, empty also when the tests are repeated, and a way to
// the API server.
func newWorld(namespace, folder string) (*world, error) {
	err := plane.admin.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, err
	}
	for _, kind := range []client.Object{&v1alpha1.Rollout{}, &v1alpha1.AnalysisRun{}, &appsv1.ReplicaSet{}, &corev1.Pod{}} {
		if err := plane.admin.DeleteAllOf(context.Background(), kind, client.InNamespace(namespace), client.GracePeriodSeconds(0)); err != nil {
			return nil, fmt.Errorf("emptying namespace %s: %w", namespace, err)
		}
	}
	w := &world{namespace: namespace, folder: folder}
	w.network, err = newNetwork(plane.users["ana"].Config().Host)
	return w, err
}

// kubeconfig writes the kubeconfig of a user, through the network of this world.
func (w *world) kubeconfig(user string) (string, error) {
	content, err := plane.users[user].KubeConfig()
	if err != nil {
		return "", err
	}
	config, err := clientcmd.Load(content)
	if err != nil {
		return "", err
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://" + w.network.address
	}
	for _, context := range config.Contexts {
		context.Namespace = w.namespace
	}
	path := filepath.Join(w.folder, user+".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// apply creates or replaces the objects of a YAML text, with their status. A
// ReplicaSet is owned by the Rollout before it; a status is about the generation
// that the API server has given.
func (w *world) apply(text string) error {
	for _, document := range documents(text) {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			return err
		}
		if object.GetKind() == "" {
			continue
		}
		object.SetNamespace(w.namespace)
		if err := w.applyObject(object); err != nil {
			return fmt.Errorf("applying %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// applyObject creates or replaces one object, with its status.
func (w *world) applyObject(object *unstructured.Unstructured) error {
	ctx := context.Background()
	if object.GetKind() == "ReplicaSet" && w.owner != nil {
		object.SetOwnerReferences([]metav1.OwnerReference{*w.owner})
	}
	status := object.Object["status"]
	err := plane.admin.Create(ctx, object)
	if apierrors.IsAlreadyExists(err) {
		existing := object.DeepCopy()
		if err = plane.admin.Get(ctx, client.ObjectKeyFromObject(object), existing); err != nil {
			return err
		}
		object.SetResourceVersion(existing.GetResourceVersion())
		err = plane.admin.Update(ctx, object)
	}
	if err != nil {
		return err
	}
	if object.GetKind() == "Rollout" {
		rollout := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: object.GetName(), UID: object.GetUID()}}
		w.owner = metav1.NewControllerRef(rollout, v1alpha1.GroupVersion.WithKind("Rollout"))
	}
	if status == nil {
		return nil
	}
	object.Object["status"] = status
	if rollout, is := status.(map[string]any); is && object.GetKind() == "Rollout" {
		rollout["observedGeneration"] = object.GetGeneration()
	}
	return plane.admin.Status().Update(ctx, object)
}

// patch merges a change into an object, with its status.
func (w *world) patch(object *unstructured.Unstructured, change map[string]any) error {
	ctx := context.Background()
	status, hasStatus := change["status"].(map[string]any)
	delete(change, "status")
	if len(change) > 0 {
		content, err := json.Marshal(change)
		if err != nil {
			return err
		}
		if err := plane.admin.Patch(ctx, object, client.RawPatch(types.MergePatchType, content)); err != nil {
			return err
		}
	}
	if !hasStatus {
		return nil
	}
	if object.GetKind() == "Rollout" {
		status["observedGeneration"] = object.GetGeneration()
	}
	content, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	return plane.admin.Status().Patch(ctx, object, client.RawPatch(types.MergePatchType, content))
}

// rollout reads a Rollout.
func (w *world) rollout(name string) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Rollout"))
	err := plane.admin.Get(context.Background(), client.ObjectKey{Namespace: w.namespace, Name: name}, object)
	return object, err
}

// awaitIntent waits until somebody has asked for something new: for an action, or,
// without one, for anything.
func (w *world) awaitIntent(name, action string) (object *unstructured.Unstructured, intent v1alpha1.Intent, err error) {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	err = controlplane.WaitFor(ctx, "an intent on "+name, func(context.Context) (bool, error) {
		found, err := w.rollout(name)
		if err != nil {
			return false, err
		}
		value := found.GetAnnotations()[v1alpha1.AnnotationIntent]
		if value == "" {
			return false, nil
		}
		if err := json.Unmarshal([]byte(value), &intent); err != nil {
			return false, err
		}
		answered, _, _ := unstructured.NestedString(found.Object, "status", "lastIntent", "id")
		object = found
		return answered != intent.ID && (action == "" || action == intent.Action), nil
	})
	return object, intent, err
}

// answer answers the next intent, as the controller would.
func (w *world) answer(name string, accepted bool, message string) error {
	object, intent, err := w.awaitIntent(name, "")
	if err != nil {
		return err
	}
	content, err := json.Marshal(v1alpha1.IntentStatus{Intent: intent, Accepted: accepted, Message: message})
	if err != nil {
		return err
	}
	var last map[string]any
	if err := json.Unmarshal(content, &last); err != nil {
		return err
	}
	return w.patch(object, map[string]any{"status": map[string]any{"lastIntent": last}})
}
