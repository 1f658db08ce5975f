package main

import (
	"io"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/zerologr"
	"github.com/rs/zerolog"
)

// newLogger is zerolog behind logr: V(0) is info, V(1) debug.
func newLogger(output io.Writer, level, format string) logr.Logger {
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		parsed = zerolog.InfoLevel
	}
	if format == "text" {
		output = zerolog.ConsoleWriter{Out: output, NoColor: true, TimeFormat: time.TimeOnly}
	}
	zerolog.TimeFieldFormat = time.RFC3339Nano
	logger := zerolog.New(output).Level(parsed).With().Timestamp().Logger()
	return zerologr.New(&logger)
}
