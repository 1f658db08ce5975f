package capture

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/recording"
)

// DefaultMaxSamples is how many samples one request may answer.
const DefaultMaxSamples = 1_000_000

// Server is a server that is recorded: *prometheus.Provider.
type Server interface {
	Send(ctx context.Context, path string, header http.Header, body []byte) (*http.Response, error)
	Broken(ctx context.Context, err error) error
}

// Options say what to record.
type Options struct {
	Server Server
	// Out is where the recording is to be; nothing may be there yet. Beside it, what has
	// come is kept in Out + ".partial".
	Out string
	// Selections are what is recorded. See Unite.
	Selections []Selection
	// Manifest has what is known before: Tool, Source, Queries, and the window.
	Manifest recording.Manifest
	// MaxSamples is how many samples one request may answer; 0 is DefaultMaxSamples.
	MaxSamples int
	// Timeout of one request; 0 is two minutes.
	Timeout time.Duration
	// Sleep waits between attempts, or until the context ends.
	Sleep func(context.Context, time.Duration)
	// Progress hears how far the recording is; it may be nil.
	Progress func(Progress)
}

// Progress is how far a recording is.
type Progress struct {
	// Done and All are the time that is recorded and wanted, over all selectors.
	Done, All time.Duration
	// Samples have come so far.
	Samples int64
	// Note says something that people should know now; mostly empty.
	Note string
}

// Result is what was recorded.
type Result struct {
	Series  int
	Samples int64
	// Requests were answered now, and Resumed are slices that an earlier attempt left.
	Requests, Resumed int
	// Transport is "remote read" or "range vectors".
	Transport string
	// Notes say what the recording lacks.
	Notes []string
}

// capture is one recording in progress.
type capture struct {
	Options
	partial  *partial
	external labels.Labels
	result   Result
	progress Progress
}

// Record records. After an error what has come stays in the folder beside, and the same
// call goes on where it stopped; a recording is at its place when it is whole, and never
// before.
func Record(ctx context.Context, options Options) (Result, error) {
	c := &capture{Options: options}
	if c.MaxSamples == 0 {
		c.MaxSamples = DefaultMaxSamples
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Minute
	}
	if len(c.Selections) == 0 {
		return Result{}, errors.New("there is nothing to record: no selector was given")
	}
	for _, selection := range c.Selections {
		if err := selection.Check(); err != nil {
			return Result{}, err
		}
	}
	if err := recording.Free(c.Out); err != nil {
		return Result{}, err
	}
	var err error
	if c.partial, err = openPartial(c.Out+".partial", c.Manifest, c.Selections); err != nil {
		return Result{}, err
	}
	defer c.partial.close()
	err = c.choose(ctx)
	if err == nil {
		err = c.all(ctx)
	}
	if err == nil {
		err = c.finish(ctx)
	}
	switch {
	case err == nil || c.progress.Samples == 0: // Then there is nothing to keep.
		return c.result, errors.Join(err, os.RemoveAll(c.partial.folder))
	default:
		return c.result, &Interrupted{Folder: c.partial.folder, Samples: c.progress.Samples, Cause: err}
	}
}

// Interrupted is an error after which a recording can go on where it stopped.
type Interrupted struct {
	// Folder holds what has come, so many Samples.
	Folder  string
	Samples int64
	Cause   error
}

func (i *Interrupted) Error() string {
	return fmt.Sprintf("%v (%d samples have come and are kept in %s)", i.Cause, i.Samples, i.Folder)
}

func (i *Interrupted) Unwrap() error { return i.Cause }

// all records all selections, one slice after the other.
func (c *capture) all(ctx context.Context) error {
	for _, selection := range c.Selections {
		c.progress.All += time.Duration(selection.To.UnixMilli()-selection.From.UnixMilli()+1) * time.Millisecond
	}
	for i, selection := range c.Selections {
		from := selection.From.UnixMilli()
		for _, done := range c.partial.done {
			if done.Selection == i {
				c.result.Resumed++
				c.progress.Samples += done.Samples
				c.progress.Done += time.Duration(done.To+1-from) * time.Millisecond
				from = done.To + 1
			}
		}
		if err := c.one(ctx, i, from, selection.To.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// firstSlice is the time that the first request asks for: from then on slices grow and
// shrink by what comes.
const firstSlice = 15 * time.Minute

// one records one selection from a time on.
func (c *capture) one(ctx context.Context, number int, from, to int64) error {
	width := firstSlice.Milliseconds()
	for from <= to {
		end := min(from+width-1, to)
		got, err := c.ask(ctx, slice{matchers: c.Selections[number].Matchers, from: from, to: end})
		switch {
		case errors.Is(err, errSmaller) && end > from:
			width = max((end-from+1)/2, 1)
			continue
		case errors.Is(err, errSmaller):
			return fmt.Errorf("recording %s: even one millisecond at %s has too many samples: %w; select fewer series, or raise the limit", c.Selections[number].Selector(), time.UnixMilli(from).UTC().Format(time.RFC3339Nano), err)
		case err != nil:
			return fmt.Errorf("recording %s: %w", c.Selections[number].Selector(), err)
		}
		if err := c.partial.keep(number, end, got); err != nil {
			return err
		}
		c.result.Requests++
		c.progress.Samples += int64(got.count)
		c.progress.Done += time.Duration(end-from+1) * time.Millisecond
		c.tell("")
		if from = end + 1; got.count <= c.MaxSamples/4 {
			width *= 2
		}
	}
	return nil
}

// tell says how far the recording is.
func (c *capture) tell(note string) {
	if c.Progress != nil {
		told := c.progress
		told.Note = note
		c.Progress(told)
	}
}

// choose finds out how samples come: by remote read where the server has it and its
// external labels are known, else by range vectors. A recording that is resumed goes on
// as it began.
func (c *capture) choose(ctx context.Context) error {
	if known := c.partial.Transport; known != "" {
		c.result.Transport, c.external = known, labels.FromMap(c.partial.External)
		c.result.Notes = c.partial.Notes
		return nil
	}
	why := ""
	first := c.Selections[0]
	err := c.patiently(ctx, func(ctx context.Context) error {
		external, err := c.externalLabels(ctx)
		c.external = external
		return err
	})
	var status *prometheus.StatusError
	switch {
	case missing(err, &status):
		why = fmt.Sprintf("the server does not tell its external labels (HTTP %d of /api/v1/status/config), and remote read adds them", status.Status)
	case err != nil:
		return fmt.Errorf("asking for the server's configuration: %w", err)
	default:
		at := first.To.UnixMilli()
		err = c.patiently(ctx, func(ctx context.Context) error {
			_, err := c.readRemotely(ctx, slice{matchers: first.Matchers, from: at, to: at})
			return err
		})
		switch {
		case errors.Is(err, errNoRemoteRead), missing(err, &status):
			why = "the server has no remote read"
		case err != nil && !errors.Is(err, recording.ErrTooMany):
			return fmt.Errorf("asking for a sample by remote read: %w", err)
		}
	}
	c.result.Transport = remoteRead
	if why != "" {
		c.result.Transport, c.external = rangeVectors, labels.EmptyLabels()
		c.note(fmt.Sprintf(noteRangeVectors, why))
	}
	return c.partial.begin(c.result.Transport, c.external.Map(), c.result.Notes)
}

// missing tells that a server has no such path, or gives it to nobody like us.
func missing(err error, status **prometheus.StatusError) bool {
	return errors.As(err, status) && ((*status).Status/100 == 4 && (*status).Status != http.StatusUnauthorized && (*status).Status != http.StatusTooManyRequests || (*status).Status == http.StatusNotImplemented)
}

// note keeps a note once, and tells it.
func (c *capture) note(text string) {
	for _, known := range c.result.Notes {
		if known == text {
			return
		}
	}
	c.result.Notes = append(c.result.Notes, text)
	c.tell(text)
}

// finish puts the parts together.
func (c *capture) finish(ctx context.Context) error {
	writer, err := recording.Create(c.Out)
	if err != nil {
		return err
	}
	defer func() { _ = writer.Abort() }() // Does nothing when all went well.
	parts, err := c.partial.open()
	defer func() {
		for _, part := range parts {
			_ = part.Close() // It was only read.
		}
	}()
	if err != nil {
		return err
	}
	if err := writer.AddAll(ctx, parts...); err != nil {
		return err
	}
	c.result.Series, c.result.Samples = writer.Series(), writer.Samples()
	if c.result.Samples == 0 {
		return fmt.Errorf("the server has no samples of %s in the window, so nothing was recorded; check the selectors and the times", selectors(c.Selections))
	}
	manifest := c.Manifest
	manifest.Transport, manifest.Notes, manifest.Selectors = c.result.Transport, c.result.Notes, nil
	for _, selection := range c.Selections {
		manifest.Selectors = append(manifest.Selectors, selection.Selector())
	}
	if !c.external.IsEmpty() {
		manifest.ExternalLabels = c.external.Map()
	}
	return writer.Commit(manifest)
}

// selectors writes selections for people.
func selectors(all []Selection) string {
	var texts []string
	for _, selection := range all {
		texts = append(texts, selection.Selector())
	}
	return strings.Join(texts, ", ")
}

// name is a part's folder.
func (p *partial) name(part string) string { return filepath.Join(p.folder, "parts", part) }
