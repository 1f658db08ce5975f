package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newUndo goes back to an earlier template.
func newUndo(s *session) *cobra.Command {
	var revision int64
	command := &cobra.Command{
		Use:   "undo NAME",
		Short: "Go back to the template of an earlier revision",
		Long: `Go back to the template of an earlier revision: spec.template is set to the one
that a kept ReplicaSet remembers. That is a release like any other, with the same
steps and analyses; only going back to the stable version ends the release in
progress at once.

By default that is the stable version while the Rollout asks for another one, and
the revision before the current one otherwise. Whoever keeps the Rollout in a
repository must revert it there as well.`,
		Example:           fmt.Sprintf("  %[1]s undo web\n  %[1]s undo web --to-revision 5", s.program),
		ValidArgsFunction: s.completeNames,
		RunE: func(command *cobra.Command, args []string) error {
			name, err := rolloutName(command, args)
			if err != nil {
				return err
			}
			if command.Flags().Changed("to-revision") && revision < 1 {
				return usage(command.CommandPath()+" --help", "--to-revision must be at least 1, not %d", revision)
			}
			return s.undo(command.Context(), name, revision)
		},
	}
	command.Flags().Int64Var(&revision, "to-revision", 0, "the revision to go back to (default: see above)")
	return command
}

// undo sets the template to that of an earlier revision.
func (s *session) undo(ctx context.Context, name string, revision int64) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	if _, err := s.observedRollout(ctx, c, name); err != nil {
		return err
	}
	o, err := s.readObjects(ctx, c, name)
	if err != nil {
		return err
	}
	if len(o.Unread) > 0 && len(o.ReplicaSets) == 0 {
		return refuse(s.kubectl("auth can-i list replicasets.apps")+s.namespaceFlag(), "rollout %s/%s: the earlier revisions cannot be read: %s",
			c.namespace, name, strings.Join(o.Unread, "; "))
	}
	target, err := view.UndoTarget(o, revision)
	if err != nil {
		return refuse(s.about("get rollout", name), "rollout %s/%s: %v", c.namespace, name, err)
	}
	template, exact := translate.OriginalTemplate(target, target.Spec.Template)
	if err := writeTemplate(ctx, c, o.Rollout, template); err != nil {
		if apierrors.IsInvalid(err) || apierrors.IsConflict(err) {
			return refuse("look again, then repeat it: "+s.about("get rollout", name), "rollout %s/%s was changed in the meantime, and nothing was done: %s", c.namespace, name, oneLine(err))
		}
		return s.explain(fmt.Sprintf("writing the template of rollout %s/%s", c.namespace, name), err)
	}
	s.explainUndo(o, target, exact)
	return nil
}

// writeTemplate replaces the template as a whole: a merge would keep what the
// earlier one did not have. It does so only if the spec is still the one that was
// read.
func writeTemplate(ctx context.Context, c *cluster, rollout *v1alpha1.Rollout, template corev1.PodTemplateSpec) error {
	patch, err := json.Marshal([]map[string]any{
		{"op": "test", "path": "/metadata/generation", "value": rollout.Generation},
		{"op": "replace", "path": "/spec/template", "value": template},
	})
	if err != nil {
		return err
	}
	return c.Patch(ctx, rollout.DeepCopy(), client.RawPatch(types.JSONPatchType, patch))
}

// explainUndo says what happens now. A template that is not exactly the one of the
// version has another hash, and is released as a new version.
func (s *session) explainUndo(o view.Objects, target *appsv1.ReplicaSet, exact bool) {
	status := o.Rollout.Status
	hash := target.Labels[v1alpha1.LabelPodTemplateHash]
	fmt.Fprintf(s.Stdout, "rollout %s/%s: back to the template of revision %d (%s, %s)\n",
		o.Rollout.Namespace, o.Rollout.Name, view.Revision(*target), hash, strings.Join(view.Images(target.Spec.Template), ", "))
	switch {
	case !exact:
		fmt.Fprintf(s.Stdout, "Its ReplicaSet does not remember the template as it was written, so it is released as a new version, with the same steps and analyses.\n")
	case hash == status.StableRS && status.CurrentPodHash == status.StableRS:
		fmt.Fprintf(s.Stdout, "That is the version that runs: nothing is released.\n")
	case hash == status.StableRS && status.Release.Phase == v1alpha1.ReleaseAborted:
		fmt.Fprintf(s.Stdout, "That is the stable version, which has all traffic already: the Rollout becomes healthy.\n")
	case hash == status.StableRS:
		fmt.Fprintf(s.Stdout, "That is the stable version: the release of revision %d ends at once, and all traffic goes to the stable version.\n", status.Release.Revision)
	default:
		fmt.Fprintf(s.Stdout, "That is a release like any other, with the same steps and analyses.\n")
	}
	fmt.Fprintf(s.Stdout, "Follow it: %s\n", s.about("get rollout", o.Rollout.Name+" --watch"))
}
