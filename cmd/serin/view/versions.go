package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// The roles of versions.
const (
	roleStable   = "stable"
	roleBaseline = "baseline"
	roleCanary   = "canary"
	roleRetiring = "retiring"
	roleOld      = "old"
)

// The table of versions: the columns of the bar of traffic, on a narrow terminal
// as well, and those of everything else but the image.
const (
	barWidth       = 20
	narrowBarWidth = 10
	narrow         = 110
	versionColumns = 44
	leastImage     = 16
)

// version is one pod template that has pods, or should have.
type version struct {
	role, hash    string
	revision      string
	images        []string
	ready, wanted int32
	// known says that the ReplicaSet was read.
	known bool
	// weight is the share of the traffic, in percent; -1 is unknown.
	weight int32
}

// versionLines are the table of versions, and what is wrong with their pods.
func versionLines(o Objects, s Settings) []string {
	versions := versionsOf(o)
	if len(versions) == 0 {
		return nil
	}
	rows := [][]cell{{{"VERSION", ansiDim}, {"REV", ansiDim}, {"HASH", ansiDim}, {"READY", ansiDim}, {"TRAFFIC", ansiDim}, {"IMAGE", ansiDim}}}
	for _, v := range versions {
		rows = append(rows, v.row(s))
	}
	lines := table(s.Style, "  ", rows)
	if note := weightNote(o.Rollout); note != "" {
		lines = append(lines, "  "+s.Style.warning("! "+note))
	}
	for _, v := range versions {
		for _, trouble := range podTroubles(o.Pods, v.hash, v.role == roleBaseline) {
			lines = append(lines, "  "+s.Style.warning(fmt.Sprintf("! %s %s: %s", v.role, v.hash, trouble)))
		}
	}
	return lines
}

// row writes a version.
func (v version) row(s Settings) []cell {
	ready, revision, traffic, bar := "?", orUnknown(v.revision), "", barWidth
	if s.Width > 0 && s.Width < narrow {
		bar = narrowBarWidth
	}
	if v.known {
		ready = fmt.Sprintf("%d/%d", v.ready, v.wanted)
	}
	if v.weight >= 0 {
		traffic = fmt.Sprintf("%3d%% %s", v.weight, s.Style.bar(int(v.weight), bar))
	}
	color, readyColor := "", ""
	switch v.role {
	case roleStable, roleBaseline:
		color = ansiGreen
	case roleCanary:
		color = ansiCyan
	}
	if v.known && v.ready < v.wanted {
		readyColor = ansiYellow
	}
	return []cell{{v.role, color}, {revision, ""}, {v.hash, ""}, {ready, readyColor}, {traffic, color}, {shorten(v.images, s.imageRoom(bar)), ""}}
}

// versionsOf lists the versions: stable, fresh pods of it, canary, then those that
// still have pods.
func versionsOf(o Objects) []version {
	status := o.Rollout.Status
	var versions []version
	add := func(role, hash string, weight int32) {
		if hash != "" && !slices.ContainsFunc(versions, func(v version) bool { return v.hash == hash && v.role != roleBaseline }) {
			versions = append(versions, newVersion(o, role, hash, weight))
		}
	}
	canary := canaryWeight(o.Rollout)
	add(roleStable, status.StableRS, 100-canary)
	versions = append(versions, baselines(o)...)
	add(roleCanary, status.CurrentPodHash, canary)
	if status.Release != nil {
		for _, retiring := range status.Release.Retiring {
			add(roleRetiring, retiring.Hash, -1)
		}
	}
	for _, set := range released(o.ReplicaSets) {
		if set.Status.Replicas > 0 {
			add(roleOld, hash(set), -1)
		}
	}
	return versions
}

// baselines are the sets of fresh pods that a canary is compared with. What they serve
// is a part of what the stable Service gets.
func baselines(o Objects) []version {
	var sets []version
	for i := range o.ReplicaSets {
		if !fresh(o.ReplicaSets[i].Labels) {
			continue
		}
		v := version{role: roleBaseline, hash: hash(&o.ReplicaSets[i]), weight: -1}
		v.fill(o.ReplicaSets[i])
		for _, set := range o.ReplicaSets {
			if hash(&set) == v.hash && !fresh(set.Labels) {
				v.revision = set.Annotations[v1alpha1.AnnotationRevision]
			}
		}
		sets = append(sets, v)
	}
	return sets
}

// fresh says whether labels are those of fresh baseline pods.
func fresh(labels map[string]string) bool {
	return labels[v1alpha1.LabelBaseline] == v1alpha1.BaselineFresh
}

// canaryWeight is the percentage of the traffic at the canary.
func canaryWeight(r *v1alpha1.Rollout) int32 {
	if r.Status.Canary == nil || r.Status.CurrentPodHash == r.Status.StableRS {
		return 0
	}
	return r.Status.Canary.Weight
}

// newVersion fills in what the version's ReplicaSet tells.
func newVersion(o Objects, role, hash string, weight int32) version {
	v := version{role: role, hash: hash, weight: weight}
	for _, set := range o.ReplicaSets {
		if set.Labels[v1alpha1.LabelPodTemplateHash] == hash && !fresh(set.Labels) {
			v.fill(set)
		}
	}
	return v
}

// fill takes over what a ReplicaSet tells.
func (v *version) fill(set appsv1.ReplicaSet) {
	v.known = true
	v.ready, v.wanted = set.Status.ReadyReplicas, 1
	if set.Spec.Replicas != nil {
		v.wanted = *set.Spec.Replicas
	}
	v.images = Images(set.Spec.Template)
	v.revision = set.Annotations[v1alpha1.AnnotationRevision]
}

// Revision is the revision that last released a ReplicaSet's template; 0 when
// that is not known.
func Revision(set appsv1.ReplicaSet) int64 {
	revision, err := strconv.ParseInt(set.Annotations[v1alpha1.AnnotationRevision], 10, 64)
	if err != nil {
		return 0
	}
	return revision
}

// Images are the images of a template's containers.
func Images(template corev1.PodTemplateSpec) []string {
	var images []string
	for _, container := range template.Spec.Containers {
		images = append(images, container.Image)
	}
	return images
}

// weightNote says what the router has yet to do.
func weightNote(r *v1alpha1.Rollout) string {
	release, canary := r.Status.Release, r.Status.Canary
	if release == nil || canary == nil || r.Status.CurrentPodHash == r.Status.StableRS {
		return ""
	}
	switch {
	case canary.Weight != release.Weight:
		return fmt.Sprintf("the canary is to get %d%%, and gets %d%%", release.Weight, canary.Weight)
	case !canary.Verified && r.Spec.Strategy.Canary != nil && r.Spec.Strategy.Canary.TrafficRouting != nil:
		return fmt.Sprintf("the router has not confirmed %d%% yet", release.Weight)
	default:
		return ""
	}
}

// imageRoom is the number of columns for images; 0 is no limit.
func (s Settings) imageRoom(bar int) int {
	if s.Width <= 0 {
		return 0
	}
	return max(s.Width-versionColumns-bar, leastImage)
}

// shorten writes images in a number of columns, from the right: the tag counts.
func shorten(images []string, room int) string {
	text := strings.Join(images, ", ")
	length := utf8.RuneCountInString(text)
	if room <= 0 || length <= room {
		return text
	}
	runes := []rune(text)
	return "…" + string(runes[length-room+1:])
}

// orUnknown writes a question mark for nothing.
func orUnknown(text string) string {
	if text == "" {
		return "?"
	}
	return text
}
