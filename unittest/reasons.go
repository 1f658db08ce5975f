package unittest

import "github.com/serin-dev/serin/analysis/run"

// reasons are why a look may have seen nothing.
var reasons = []string{
	string(run.Unavailable), string(run.InvalidQuery), string(run.ConditionError), string(run.NoData), string(run.NotANumber),
	string(run.TooFewRequests), string(run.EvidenceMounting), string(run.SharedIncident), string(run.OnePod), string(run.WarmingUp),
	string(run.ProofMissing), string(run.TooFewPoints), string(run.AboveObjective), string(run.Undecided), string(run.RoutingBroken),
	string(run.SpreadIncreased), string(run.NotKnownYet),
}
