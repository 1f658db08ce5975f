package replay

import (
	"context"
	"fmt"
	"time"
)

// Reproduction says how a live AnalysisRun was played again, by its journal.
type Reproduction struct {
	// Looks are those of the live run; of these, Same found in the recording what had
	// been seen, Late did once scrapes were set aside that had not arrived yet, and
	// Journalled took the answer, or the failure, from the journal.
	Looks      int `json:"looks"`
	Same       int `json:"same"`
	Late       int `json:"late"`
	Journalled int `json:"journalled"`
	// Different looks found something else in the recording; the first was at
	// FirstDifferent, of metric FirstMetric.
	Different      int    `json:"different"`
	FirstDifferent string `json:"firstDifferent,omitempty"`
	FirstMetric    string `json:"firstMetric,omitempty"`
	// Full says that the journal was full before the run ended: from there on the run is
	// played by its schedule, and not held against anything.
	Full bool `json:"full,omitempty"`
	// Differences are those between what the live run came to and this replay: none when
	// it was reproduced bit for bit.
	Differences []Difference `json:"differences"`
	// Wording are messages that say the same decision in other words, as another version
	// of Serin does.
	Wording []Difference `json:"wording,omitempty"`
}

// Exact says that the run was reproduced, bit for bit.
func (r Reproduction) Exact() bool {
	return r.Different == 0 && !r.Full && len(r.Differences) == 0
}

// String is a sentence.
func (r Reproduction) String() string {
	switch {
	case r.Exact() && len(r.Wording) > 0:
		return fmt.Sprintf("the live run is reproduced: %d looks, the same verdicts, evidence and times; %d messages are worded otherwise by this version of serin, first %s", r.Looks, len(r.Wording), r.Wording[0].Field)
	case r.Exact():
		return fmt.Sprintf("the live run is reproduced bit for bit: %d looks, the same verdicts at the same times", r.Looks)
	case r.Different > 0:
		return fmt.Sprintf("not reproduced: in %d of %d looks the recording has other samples than the live run saw, first of metric %q at %s; was it recorded from another source, or before the run ended?",
			r.Different, r.Looks, r.FirstMetric, r.FirstDifferent)
	case r.Full:
		return fmt.Sprintf("the journal was full after %d looks, which are reproduced; from there on the run is played by its schedule", r.Looks)
	default:
		return fmt.Sprintf("every look is reproduced, and the outcome differs in %d fields, first %s: %q live, %q here; was the run made by another version of Serin?",
			len(r.Differences), r.Differences[0].Field, r.Differences[0].Live, r.Differences[0].Replay)
	}
}

// add counts a look.
func (r *Reproduction) add(look Look, fidelity Fidelity) {
	r.Looks++
	switch fidelity {
	case Same:
		r.Same++
	case Late:
		r.Late++
	case Journalled:
		r.Journalled++
	default:
		if r.Different++; r.Different == 1 {
			r.FirstDifferent, r.FirstMetric = Clock(look.At), look.Metric
		}
	}
}

// compare holds the replay against what the live run came to.
func (r *Reproduction) compare(again *Again) error {
	found, err := again.Differences()
	if err != nil {
		return err
	}
	for _, difference := range found {
		if difference.worded() {
			r.Wording = append(r.Wording, difference)
		} else {
			r.Differences = append(r.Differences, difference)
		}
	}
	return nil
}

// playAgain plays a live run by its journal, and goes on by its schedule if that was full.
func (p *player) playAgain(ctx context.Context, in RunInput) error {
	again, err := NewAgain(in.Live, p.in.Checks, p.in.Provider)
	if err != nil {
		return err
	}
	run := p.register(in.Name, in.Kind, again.Analysis, newObject(in.Name, in.Kind, again.Spec()))
	reproduction := &Reproduction{Full: again.Full(), Differences: []Difference{}}
	for {
		next, more := again.Next()
		if !more {
			break
		}
		if next.After(p.now) {
			p.advance(next)
		}
		look, fidelity, err := again.Step(ctx)
		if err != nil {
			return err
		}
		if look.Metric != "" {
			reproduction.add(look, fidelity)
			p.see(run, look)
		}
		p.noteEnd(run)
	}
	if again.Full() {
		if err := p.playOn(ctx, run, in); err != nil {
			return err
		}
	} else if err := reproduction.compare(again); err != nil {
		return err
	}
	p.result.Reproduction = reproduction
	// Samples bear milliseconds. A recording may end a scrape before the run and have all.
	if ended := timeOf(in.Live.Status.CompletedAt); !reproduction.Exact() && ended.Truncate(time.Millisecond).After(p.in.Recording.End) {
		p.result.Warnings = append(p.result.Warnings, fmt.Sprintf("the live run ended at %s, and the recording already at %s: its last looks cannot be reproduced; record it again, up to its end", Clock(ended), Clock(p.in.Recording.End)))
	}
	p.result.Verdict = p.runVerdict(run)
	return nil
}
