package judge

import (
	"math"
	"strconv"
)

// sentence is a text that grows in place: a look writes one, and many looks are made.
type sentence []byte

func (s sentence) add(texts ...string) sentence {
	for _, text := range texts {
		s = append(s, text...)
	}
	return s
}

// share adds the share of bad requests.
func (s sentence) share(c Counts) sentence {
	if c.Total <= 0 {
		return s.add("none")
	}
	return s.percent(c.Bad / c.Total)
}

// percent adds a share with two significant digits, or one decimal from 10 % on.
func (s sentence) percent(share float64) sentence {
	v := 100 * share
	decimals := 1
	if v > 0 && v < 10 {
		decimals = min(1-int(math.Floor(math.Log10(v))), 9)
		decimals = max(decimals, 2)
	}
	if v == math.Trunc(v) && (v == 0 || v >= 10) {
		decimals = 0
	}
	return sentence(strconv.AppendFloat(s, v, 'f', decimals, 64)).add(" %")
}

// times adds a ratio with two significant digits, or none behind the point.
func (s sentence) times(ratio float64) sentence {
	if ratio >= 10 && ratio < 1e6 {
		return strconv.AppendFloat(s.add("x"), ratio, 'f', 0, 64)
	}
	return strconv.AppendFloat(s.add("x"), ratio, 'g', 2, 64)
}

// power adds e^log, which may be beyond all numbers: three significant digits, or
// two and a power of ten.
func (s sentence) power(log float64) sentence {
	ten := log / math.Ln10
	if ten < 3 && ten > -3 {
		return strconv.AppendFloat(s, math.Exp(log), 'g', 3, 64)
	}
	exponent := math.Floor(ten)
	mantissa := math.Round(10*math.Pow(10, ten-exponent)) / 10
	if mantissa >= 10 {
		mantissa, exponent = 1, exponent+1
	}
	s = sentence(strconv.AppendFloat(s, mantissa, 'f', 1, 64)).add("e")
	sign := "+"
	if exponent < 0 {
		sign, exponent = "-", -exponent
	}
	if s = s.add(sign); exponent < 10 {
		s = s.add("0")
	}
	return strconv.AppendFloat(s, exponent, 'f', 0, 64)
}

// count adds a number of requests.
func (s sentence) count(v float64) sentence {
	return strconv.AppendFloat(s, math.Round(v), 'f', -1, 64)
}

// seconds adds an edge in seconds.
func (s sentence) seconds(edge float64) sentence {
	if edge < 1 && edge > 0 {
		return sentence(strconv.AppendFloat(s, 1000*edge, 'g', 6, 64)).add(" ms")
	}
	return sentence(strconv.AppendFloat(s, edge, 'g', 6, 64)).add(" s")
}

// The same as texts of their own.

func share(c Counts) string        { return string(sentence(nil).share(c)) }
func percent(share float64) string { return string(sentence(nil).percent(share)) }
func times(ratio float64) string   { return string(sentence(nil).times(ratio)) }
func power(log float64) string     { return string(sentence(nil).power(log)) }
func count(v float64) string       { return string(sentence(nil).count(v)) }
