package recording_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/recording"
)

// day is 1,000 series of counters over a day at 15 s: 5.76 million samples.
func day(series int) []recording.Series {
	var all []recording.Series
	for i := range series {
		one := recording.Series{Labels: labels.FromStrings("__name__", "requests_total", "code", fmt.Sprint(200+i%5), "pod", fmt.Sprintf("web-%04d", i/5))}
		for j := range 5760 {
			one.Floats = append(one.Floats, recording.Point{T: begin + int64(j)*15_000, V: float64(j * (i%7 + 1))})
		}
		all = append(all, one)
	}
	return recording.Sorted(all)
}

func writtenDay(b *testing.B, series int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "day")
	writer, err := recording.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, one := range day(series) {
		if err := writer.Add(one); err != nil {
			b.Fatal(err)
		}
	}
	if err := writer.Commit(recording.Manifest{}); err != nil {
		b.Fatal(err)
	}
	return path
}

func BenchmarkOpenBlock(b *testing.B) {
	path := writtenDay(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		r, err := recording.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		_ = r.Close()
	}
}

// BenchmarkSelect decodes 10 and 1,000 of 1,000 series.
func BenchmarkSelect(b *testing.B) {
	r, err := recording.Open(writtenDay(b, 1000))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for name, pattern := range map[string]string{"10": "web-000[01]", "1000": ".*"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			samples := 0
			for b.Loop() {
				all, err := r.Select(context.Background(), time.UnixMilli(begin), time.UnixMilli(begin+86_400_000), labels.MustNewMatcher(labels.MatchRegexp, "pod", pattern))
				if err != nil {
					b.Fatal(err)
				}
				for _, series := range all {
					samples += len(series.Floats)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
		})
	}
}

// BenchmarkOpenMetrics reads 576,000 samples of text.
func BenchmarkOpenMetrics(b *testing.B) {
	var text bytes.Buffer
	for _, series := range day(100) {
		for _, point := range series.Floats {
			fmt.Fprintf(&text, "requests_total{code=%q,pod=%q} %g %.3f\n", series.Labels.Get("code"), series.Labels.Get("pod"), point.V, float64(point.T)/1000)
		}
	}
	text.WriteString("# EOF\n")
	path := filepath.Join(b.TempDir(), "day.om")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := recording.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		_ = r.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(576_000*b.N), "ns/sample")
}
