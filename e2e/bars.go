package main

import (
	"fmt"
	"time"
)

// bar is a demand on a result: it says what is missed, or nothing.
type bar func(result) string

// judge makes a row of a result: what it missed, or what went wrong.
func judge(scenario scenario, result result, err error) row {
	row := row{scenario: scenario, result: result}
	if err != nil {
		row.misses = append(row.misses, err.Error())
	}
	if result.unsent > 0 {
		row.misses = append(row.misses, fmt.Sprintf("%d requests could not be sent, because too many were open", result.unsent))
	}
	for _, bar := range scenario.bars {
		if miss := bar(result); miss != "" {
			row.misses = append(row.misses, miss)
		}
	}
	if len(row.misses) > 0 && result.stall > tooLong {
		row.misses = append(row.misses, fmt.Sprintf("the machine stood still for %.1f s, so this run says little; give it two free cores", result.stall.Seconds()))
	}
	return row
}

func ends(outcome string) bar {
	return func(r result) string {
		if r.outcome != outcome {
			return fmt.Sprintf("the release must end as %s, not %q", outcome, r.outcome)
		}
		return ""
	}
}

func rolledBack(r result) string { return ends(outcomeAborted)(r) }
func promoted(r result) string   { return ends(outcomePromoted)(r) }
func reverted(r result) string   { return ends(outcomeReverted)(r) }

// within is a demand on the whole release, from the change of the image to its end.
func within(limit time.Duration) bar {
	return func(r result) string {
		if r.ended < 0 || r.ended > limit {
			return fmt.Sprintf("the release must end within %s of the change, it took %s s", limit, seconds(r.ended))
		}
		return ""
	}
}

func weightZeroWithin(limit time.Duration) bar {
	return func(r result) string {
		switch {
		case r.firstBad < 0:
			return "there was no bad response, so nothing was tested"
		case r.detect < 0:
			return "weight 0 must follow the first bad response, it never did"
		case r.detect > limit:
			return fmt.Sprintf("weight 0 must follow the first bad response within %s, it took %.1f s", limit, r.detect.Seconds())
		}
		return ""
	}
}

func atMostBad(limit int64) bar {
	return func(r result) string {
		if r.badUntilZero > limit {
			return fmt.Sprintf("at most %d bad responses until weight 0, there were %d", limit, r.badUntilZero)
		}
		return ""
	}
}

func highestWeight(limit int32) bar {
	return func(r result) string {
		if r.highest > limit {
			return fmt.Sprintf("the weight must not exceed %d, it was %d", limit, r.highest)
		}
		return ""
	}
}

// takenBackForGood: a version that was found bad gets no second chance.
func takenBackForGood(r result) string {
	if r.raisedAgain {
		return "the weight must stay 0 once it was taken back, it was raised again"
	}
	return ""
}

func nothingBad(r result) string {
	if r.bad > 0 {
		return fmt.Sprintf("no version is bad, there were %d bad responses", r.bad)
	}
	return ""
}

func nothingLost(r result) string {
	if r.lost > 0 {
		return fmt.Sprintf("no response may be lost, %d were", r.lost)
	}
	return ""
}

func heldWhileBlind(r result) string {
	if r.raisedBlind != "" {
		return "the weight must not be raised while blind, it was " + r.raisedBlind
	}
	return ""
}

// thirdAtLast: the third version has the users, and the second no more.
func thirdAtLast(r result) string {
	second, third := r.answered["v2"], r.answered["v3"]
	if third.Requests == 0 || !second.Last.Before(third.Last.Add(-10*time.Second)) {
		return "the third version must end up with all users"
	}
	return ""
}

// reproduced holds when the run, exported and recorded, was played again bit for bit.
func reproduced(r result) string { return r.unlikeReplay }
