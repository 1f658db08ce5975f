package criteria

import (
	"encoding/binary"
	"errors"
	"math"
	"regexp"
	"testing"
)

// seeds are conditions of all kinds.
var seeds = []string{
	`result[0] >= 0.95`, `result >= 0.95`, `isNaN(result[0]) || result[0] >= 0.95`, `len(result) == 0 || result[0] > 1`,
	`all(result, # < 1000)`, `mean(result)==2 && median(result)==2 && sum(result)==6 && max(result)==3`,
	`let m = mean(result); m > 2.5`, `default(result[0], 1) >= .95`, `(result[0] ?? 1) >= .95`, `result?.[0] >= .95`,
	`sum(filter(result, # > 1), # * 2) / len(result) < 1 ? true : result[-1] == 2`, `reduce(result, #acc + #, 0) in 1..3`,
	`sortBy(result, -#)[0] == 3 and not (1 in result[1:])`, `find(result, # < 5) == 4 or one(result, # % 2 == 1)`,
	`result[0] >`, `now() > 1`, `((((`, "\x00", `"é" matches "("`, `{"a": [1]}.a[0] ** 1e309 == -1`,
}

func FuzzCompile(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed, "")
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, success, failure string) {
		conditions, err := Compile(success, failure)
		if err == nil {
			conditions.Judge(list(1, nan, 3))
			return
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("the error is a %T: %v", err, err)
		}
		if syntax.Line < 1 || syntax.Column < 1 || syntax.Message == "" || syntax.Condition == "" {
			t.Fatalf("%+v", syntax)
		}
	})
}

// byName are the ways to name what is not there.
var byName = regexp.MustCompile(`isNaN|isInf|isNil|default|len|nil|\?\?`)

func FuzzJudge(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed, "", []byte{0, 0, 0, 0, 0, 0, 0, 0x40}, false)
		f.Add("", seed, []byte{}, true)
	}
	f.Fuzz(func(t *testing.T, success, failure string, numbers []byte, scalar bool) {
		conditions, err := Compile(success, failure)
		if err != nil {
			return
		}
		var values []float64
		for ; len(numbers) >= 8 && len(values) < 50; numbers = numbers[8:] {
			values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(numbers)))
		}
		conditions.Judge(Result{Scalar: scalar, Values: values})
		if byName.MatchString(success + failure) {
			return
		}
		blank := make([]float64, len(values))
		for i := range blank {
			blank[i] = nan
		}
		// Without a number to see, only what is true or false of any numbers decides.
		got := conditions.Judge(Result{Scalar: scalar, Values: blank})
		for _, fill := range [][]float64{repeat(0, len(values)), repeat(1, len(values)), repeat(-3.5, len(values)), values} {
			other := conditions.Judge(Result{Scalar: scalar, Values: fill})
			if decided(got) && decided(other) && got.Outcome != other.Outcome {
				t.Fatalf("success %q, failure %q: %s without numbers, %s on %v", success, failure, got.Outcome, other.Outcome, fill)
			}
		}
	})
}

func decided(f Finding) bool { return f.Outcome != Blind }

func repeat(v float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = v
	}
	return values
}

func BenchmarkJudge(b *testing.B) {
	benchmarks := []struct {
		name             string
		success, failure string
		result           Result
	}{
		{"threshold", `result[0] >= 0.95`, ``, list(0.97)},
		{"both", `result[0] >= 0.95`, `result[0] < 0.9`, list(0.97)},
		{"guarded", `len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95`, ``, list(0.97)},
		{"all of 100", `all(result, # < 0.95)`, ``, list(make([]float64, 100)...)},
	}
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) {
			conditions, err := Compile(bench.success, bench.failure)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				conditions.Judge(bench.result)
			}
		})
	}
}
