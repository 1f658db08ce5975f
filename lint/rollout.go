package lint

import "github.com/serin-dev/serin/controller/translate"

// checkRollout checks a Rollout's own fields and steps. Its analyses are checked with
// their templates.
func (c *checker) checkRollout(uses []*use) {
	if c.rollout == nil {
		return
	}
	_, problems := translate.RolloutSpec(c.rollout.Spec)
	for _, problem := range problems {
		c.problem(c.root, problem.Field, problem.Message)
	}
}
