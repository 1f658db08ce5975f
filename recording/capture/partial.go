package capture

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/serin-dev/serin/recording"
)

// Names in the folder of what has come.
const (
	planName    = "plan.json"
	journalName = "journal.jsonl"
)

// partial is the folder of an unfinished recording: what is wanted, the slices that
// have come, and a journal of them.
type partial struct {
	folder  string
	journal *os.File
	// done are the slices that have come, in order of time for each selection.
	done []entry
	heading
}

// heading is the first line of the journal: how samples come.
type heading struct {
	Transport string            `json:"transport"`
	External  map[string]string `json:"externalLabels,omitempty"`
	Notes     []string          `json:"notes,omitempty"`
}

// entry is another line of the journal: up to when a selection was recorded, in
// milliseconds, and the part with the samples; without samples there is none.
type entry struct {
	Selection int    `json:"selection"`
	To        int64  `json:"to"`
	Samples   int64  `json:"samples"`
	Part      string `json:"part,omitempty"`
}

// planned is what a folder is about, to be compared with what is wanted.
type planned struct {
	Source     string    `json:"source"`
	To         time.Time `json:"to"`
	Selections []string  `json:"selections"`
}

// Begun tells that a recording was begun and not finished, and when its window ends: a
// window that ends "now" has to end then again.
func Begun(out string) (end time.Time, begun bool) {
	var plan planned
	text, err := os.ReadFile(filepath.Join(out+".partial", planName))
	if err != nil || json.Unmarshal(text, &plan) != nil || plan.To.IsZero() {
		return time.Time{}, false
	}
	return plan.To, true
}

// openPartial opens the folder of an earlier attempt, or makes one.
func openPartial(folder string, about recording.Manifest, selections []Selection) (*partial, error) {
	plan := planned{Source: about.Source, To: about.To}
	for _, selection := range selections {
		plan.Selections = append(plan.Selections, fmt.Sprintf("%s from %s to %s", selection.Selector(), millis(selection.From), millis(selection.To)))
	}
	text, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return nil, err
	}
	p := &partial{folder: folder}
	before, err := os.ReadFile(filepath.Join(folder, planName))
	switch {
	case err == nil && !bytes.Equal(before, text):
		return nil, fmt.Errorf("%s holds an unfinished recording of other selectors, or of another server or window; remove it, or name another place with --out", folder)
	case err == nil:
		err = p.resume()
	case errors.Is(err, os.ErrNotExist):
		err = p.create(text)
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("opening %s: %w", folder, err)
	}
	return p, nil
}

// millis writes a time to the millisecond.
func millis(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// create makes the folder. The plan comes last: a folder without one was never begun.
func (p *partial) create(plan []byte) error {
	if err := os.MkdirAll(filepath.Join(p.folder, "parts"), 0o755); err != nil { // #nosec: like any folder that a user makes.
		return err
	}
	if err := recording.MarkUnfinished(p.folder); err != nil {
		return err
	}
	if err := p.append(); err != nil {
		return err
	}
	temporary := filepath.Join(p.folder, planName+".new")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) // #nosec: like any file that a user makes.
	if err != nil {
		return err
	}
	_, err = file.Write(plan)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(p.folder, planName))
}

// append opens the journal to add lines.
func (p *partial) append() error {
	var err error
	p.journal, err = os.OpenFile(filepath.Join(p.folder, journalName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644) // #nosec: like any file that a user makes.
	return err
}

// resume reads the journal. A last line that was cut is forgotten, and with it its part.
func (p *partial) resume() error {
	content, err := os.ReadFile(filepath.Join(p.folder, journalName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	whole := content[:bytes.LastIndexByte(content, '\n')+1]
	lines := bufio.NewScanner(bytes.NewReader(whole))
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		var err error
		if number == 1 {
			err = json.Unmarshal(lines.Bytes(), &p.heading)
		} else {
			p.done = append(p.done, entry{})
			err = json.Unmarshal(lines.Bytes(), &p.done[len(p.done)-1])
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w; remove the folder and record again", journalName, number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if err := p.append(); err != nil {
		return err
	}
	return p.journal.Truncate(int64(len(whole)))
}

// line adds a line to the journal, and waits until it is on the disk.
func (p *partial) line(content any) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	if _, err = p.journal.Write(append(text, '\n')); err == nil {
		err = p.journal.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", p.journal.Name(), err)
	}
	return nil
}

// begin notes how samples come.
func (p *partial) begin(transport string, external map[string]string, notes []string) error {
	p.heading = heading{transport, external, notes}
	return p.line(p.heading)
}

// keep writes what a slice answered, then notes it.
func (p *partial) keep(selection int, to int64, got *batch) error {
	done := entry{Selection: selection, To: to, Samples: int64(got.count)}
	if got.count > 0 {
		done.Part = fmt.Sprintf("%06d", len(p.done)+1)
		// A part that was written and not noted is written again.
		if err := os.RemoveAll(p.name(done.Part)); err != nil {
			return err
		}
		writer, err := recording.Create(p.name(done.Part))
		if err != nil {
			return err
		}
		defer func() { _ = writer.Abort() }() // Does nothing when all went well.
		if err := got.write(writer); err != nil {
			return err
		}
		if err := writer.Commit(recording.Manifest{}); err != nil {
			return err
		}
	}
	if err := p.line(done); err != nil {
		return err
	}
	p.done = append(p.done, done)
	return nil
}

// open opens all parts and verifies them.
func (p *partial) open() ([]*recording.Recording, error) {
	var parts []*recording.Recording
	for _, done := range p.done {
		if done.Part == "" {
			continue
		}
		part, err := recording.Open(p.name(done.Part))
		if err != nil {
			return parts, fmt.Errorf("%w; remove %s and record again", err, p.folder)
		}
		parts = append(parts, part)
		if err := part.Verify(); err != nil {
			return parts, fmt.Errorf("%w; remove %s and record again", err, p.folder)
		}
	}
	return parts, nil
}

// close closes the journal.
func (p *partial) close() {
	if p.journal != nil {
		_ = p.journal.Close() // Each line was synced.
	}
}
