// Command serin shows the releases of a cluster and takes part in them: it reads
// Rollouts and what belongs to them, and writes down what a person asks for. It
// decides nothing; the controller does. Under the name kubectl-serin it is a
// plugin of kubectl.
//
// One subcommand a file, each a function of arguments, environment and files to
// output, errors and an exit code. What a Rollout looks like as text is in package
// view. The process itself (os, the clock, signals) is touched in main.go and
// env.go only.
package main
