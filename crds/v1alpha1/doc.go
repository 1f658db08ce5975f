// Package v1alpha1 holds Serin's API: the kinds that teams and SREs write
// (Rollout, AnalysisTemplate, ClusterAnalysisTemplate) and the one that Serin
// writes for them (AnalysisRun).
//
// What may come in: types, validation markers, CEL rules, defaults, and the
// constants for conditions, reasons, labels and annotations. No logic: parsing
// a spec into the core's types is controller/translate's work.
//
// Field names follow Argo Rollouts wherever it has the concept, so that its
// canary Rollouts and threshold AnalysisTemplates become Serin's by changing
// apiVersion. No field is a float: numbers that are not integers are strings.
//
// +kubebuilder:object:generate=true
// +groupName=serin.dev
package v1alpha1
