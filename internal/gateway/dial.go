package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// dialer makes WebSocket connections whose wire is ours. Behind a proxy the
// wire would meet the proxy's own words first, so there slack-go's plain
// connection is used, and its ping timeout alone notices deafness.
func dialer(p *pace, wrap func(net.Conn) net.Conn) *websocket.Dialer {
	plain := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &websocket.Dialer{
		HandshakeTimeout: 10 * time.Second,
		// An acknowledgement of up to 20 KB must go out as one frame.
		WriteBufferSize: 32 << 10,
		ReadBufferSize:  8 << 10,
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if err := wait(ctx, p.next()); err != nil {
				return nil, err
			}
			c, err := plain.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return wrap(c), nil
		},
		NetDialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if err := wait(ctx, p.next()); err != nil {
				return nil, err
			}
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			d := tls.Dialer{NetDialer: plain, Config: &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
			c, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return wrap(c), nil
		},
	}
}

// proxied reports whether connections to that API go through a proxy.
func proxied(apiURL string) bool {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, apiURL, nil)
	if err != nil {
		return false
	}
	u, err := http.ProxyFromEnvironment(r)
	return err == nil && u != nil
}

// pace makes connections wait where a server takes each away as soon as it is
// open; slack-go would open the next at once, and for ever.
type pace struct {
	mu    sync.Mutex
	pause time.Duration
}

// short is a connection that did not last.
const short = 2 * time.Second

// next is how long the next connection has to wait.
func (p *pace) next() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pause
}

// ended tells of a connection how long it lasted, and whether Slack had said
// hello: then it may have been called away, and the next is needed soon.
func (p *pace) ended(lasted time.Duration, greeted bool) {
	longest := 8 * time.Second // less than the handshake's patience
	if greeted {
		longest = 250 * time.Millisecond
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if lasted > short {
		p.pause = 0
		return
	}
	p.pause = min(max(2*p.pause, 25*time.Millisecond), longest)
}
