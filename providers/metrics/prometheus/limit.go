package prometheus

import (
	"fmt"
	"io"
	"net/http"
)

// oversizedError says that an answer is larger than the limit.
type oversizedError struct{ limit int64 }

func (e *oversizedError) Error() string {
	return fmt.Sprintf("the answer is larger than the limit of %s", bytesText(e.limit))
}

// limitTransport ends an answer that is larger than the limit, before it fills
// the memory.
type limitTransport struct {
	next  http.RoundTripper
	limit int64
}

// RoundTrip refuses an answer that announces itself as too large, and guards
// the others while they are read.
func (t limitTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.ContentLength > t.limit {
		_ = response.Body.Close()
		return nil, &oversizedError{limit: t.limit}
	}
	response.Body = &limitedBody{ReadCloser: response.Body, left: t.limit, limit: t.limit}
	return response, nil
}

// CloseIdleConnections is what http.Client looks for.
func (t limitTransport) CloseIdleConnections() {
	(&http.Client{Transport: t.next}).CloseIdleConnections()
}

// limitedBody reads up to limit bytes, and fails at the next one.
type limitedBody struct {
	io.ReadCloser
	left, limit int64
}

func (b *limitedBody) Read(into []byte) (int, error) {
	if b.left < 0 {
		return 0, &oversizedError{limit: b.limit}
	}
	// One byte more than is left tells an answer of exactly the limit from a larger one.
	if int64(len(into))-1 > b.left {
		into = into[:b.left+1]
	}
	count, err := b.ReadCloser.Read(into)
	b.left -= int64(count)
	if b.left < 0 {
		return count, &oversizedError{limit: b.limit}
	}
	return count, err
}

// bytesText writes a number of bytes for people.
func bytesText(bytes int64) string {
	if bytes >= 1<<20 && bytes%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}
