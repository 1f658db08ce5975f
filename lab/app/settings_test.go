package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/lab/app"
)

func TestFromEnvironment(t *testing.T) {
	for _, test := range []struct {
		environment map[string]string
		want        app.Settings
		problem     string
		reason      string
	}{
		{
			environment: map[string]string{"APP_VERSION": "v2"},
			want:        app.Settings{Version: "v2", Drain: app.DefaultDrain},
			reason:      "everything but the version has a default",
		},
		{
			environment: map[string]string{"APP_VERSION": "v3", "APP_ERROR_SHARE": "0.2", "APP_DELAY": "40ms", "APP_SPREAD": "0.5", "APP_DRAIN": "0s", "APP_EXIT_AT_ONCE": "true", "APP_CRASH": "1", "APP_CRASH_AFTER": "50"},
			want:        app.Settings{Version: "v3", ErrorShare: 200_000, Delay: 40 * time.Millisecond, Spread: 0.5, ExitAtOnce: true, Crash: true, CrashAfter: 50},
			reason:      "everything can be set",
		},
		{map[string]string{}, app.Settings{}, "set APP_VERSION", "a version is required"},
		{map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": "much"}, app.Settings{}, `reading APP_ERROR_SHARE: the share "much" is no number`, "a share must be a number"},
		{map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": "1.5"}, app.Settings{}, "not between 0 and 1", "a share is at most 1"},
		{map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": "-0.1"}, app.Settings{}, "not between 0 and 1", "a share is at least 0"},
		{map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": "0.0000001"}, app.Settings{}, "more than six decimal places", "a share that would be rounded is refused"},
		{map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": "1e-3"}, app.Settings{}, "is no number", "a share is a plain decimal"},
		{map[string]string{"APP_VERSION": "v1", "APP_DELAY": "40"}, app.Settings{}, "reading APP_DELAY: time: missing unit", "a duration needs a unit"},
		{map[string]string{"APP_VERSION": "v1", "APP_DELAY": "-1s"}, app.Settings{}, "the delay -1s is negative", "a delay is at least 0"},
		{map[string]string{"APP_VERSION": "v1", "APP_SPREAD": "-0.1"}, app.Settings{}, "the spread -0.1 is not from 0 to 3", "a spread is at least 0"},
		{map[string]string{"APP_VERSION": "v1", "APP_SPREAD": "NaN"}, app.Settings{}, "the spread NaN is not from 0 to 3", "a spread is a number"},
		{map[string]string{"APP_VERSION": "v1", "APP_DRAIN": "-1s"}, app.Settings{}, "the drain -1s is negative", "a drain is at least 0"},
		{map[string]string{"APP_VERSION": "v1", "APP_CRASH": "maybe"}, app.Settings{}, "reading APP_CRASH", "a switch is 1 or 0"},
		{map[string]string{"APP_VERSION": "v1", "APP_CRASH_AFTER": "-1"}, app.Settings{}, "it cannot crash after -1 requests", "a number of requests is at least 0"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			got, err := app.FromEnvironment(func(name string) string { return test.environment[name] })
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("the error is %v, want one with %q", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if difference := cmp.Diff(test.want, got); difference != "" {
				t.Errorf("settings differ (-want +got):\n%s", difference)
			}
		})
	}
}

func TestShareReadsWhatItWrites(t *testing.T) {
	for _, text := range []string{"0", "1", "0.05", "0.333333", "0.000001"} {
		share, err := app.ParseShare(text)
		if err != nil {
			t.Fatal(err)
		}
		if share.String() != text {
			t.Errorf("%s is written as %s", text, share)
		}
	}
}

func FuzzParseShare(f *testing.F) {
	for _, seed := range []string{"0", "1", "0.05", "1/3", "-1", "1e-3", "1e99999", "0x1p-2", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		share, err := app.ParseShare(text)
		if err == nil && (share < 0 || share > 1_000_000) {
			t.Errorf("%q is the share %d", text, share)
		}
	})
}
