package capture

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/recording"
)

// rangeVectors is how samples come by instant queries of ranges.
const rangeVectors = "range vectors"

// noteRangeVectors is what recordings by range vectors lack.
const noteRangeVectors = "recorded by range vectors, because %s: stale markers are missing, so a series that ended is seen for up to 5 minutes longer, and native histograms are missing"

// readRange asks for the samples of a slice by an instant query of a range, whose left
// end is open: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries.
func (c *capture) readRange(ctx context.Context, of slice) (*batch, error) {
	form := url.Values{
		"query": {fmt.Sprintf("%s[%dms]", Selection{Matchers: of.matchers}.Selector(), of.to-of.from+1)},
		"time":  {fmt.Sprintf("%d.%03d", of.to/1000, of.to%1000)},
	}
	response, err := c.Server.Send(ctx, "/api/v1/query", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // It was only read.
	series, notes, err := recording.ReadAnswer(response.Body, "the answer of /api/v1/query", c.MaxSamples)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	into := newBatch(of, c.MaxSamples, labels.EmptyLabels())
	for _, note := range notes {
		if strings.Contains(note, "native histograms") {
			into.notes = append(into.notes, "native histograms of "+Selection{Matchers: of.matchers}.Selector()+" were left out: the API's JSON does not say their schema")
		}
	}
	for _, one := range series {
		if err := into.samples(one); err != nil {
			return nil, err
		}
	}
	return into, nil
}

// maxConfig is the largest configuration of a server that is read, in bytes.
const maxConfig = 8 << 20

// externalLabels asks the server for its external labels, which remote read adds to
// every series, and queries do not.
func (c *capture) externalLabels(ctx context.Context) (labels.Labels, error) {
	response, err := c.Server.Send(ctx, "/api/v1/status/config", nil, nil)
	if err != nil {
		return labels.EmptyLabels(), err
	}
	defer func() { _ = response.Body.Close() }() // It was only read.
	text, err := io.ReadAll(io.LimitReader(response.Body, maxConfig))
	if err != nil {
		return labels.EmptyLabels(), c.broken(ctx, err)
	}
	var answer struct {
		Data struct {
			YAML string `json:"yaml"`
		} `json:"data"`
	}
	var config struct {
		Global struct {
			ExternalLabels map[string]string `json:"external_labels"`
		} `json:"global"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return labels.EmptyLabels(), fmt.Errorf("it answers something other than JSON; check provider.prometheus.address, and that it is no login page: %w", err)
	}
	if err := yaml.Unmarshal([]byte(answer.Data.YAML), &config); err != nil {
		return labels.EmptyLabels(), fmt.Errorf("reading the server's configuration: %w", err)
	}
	return labels.FromMap(config.Global.ExternalLabels), nil
}
