package database

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

// Presence shows to everybody who shares a server that a process is there. It is
// a lock of a session of its own: the server gives it free the moment that the
// process ends, however it ends, so that nobody has to guess from silence.
type Presence struct {
	id   int64
	held atomic.Bool
	stop func()
	done chan struct{}
}

// Token names the process to others, in 16 characters.
func (p *Presence) Token() string { return fmt.Sprintf("%016x", p.id) }

// Held reports whether others can see the process just now.
func (p *Presence) Held() bool { return p.held.Load() }

// Leave ends it, for a process that goes on without.
func (p *Presence) Leave() { p.stop(); <-p.done }

// errAlone says that a database belongs to one process.
var errAlone = errors.New("only processes that share a server have a presence")

// Attend shows the presence of this process until Leave or the end of ctx. A
// session that breaks is taken up again at once.
func (db *DB) Attend(ctx context.Context) (*Presence, error) {
	if db.dialect != PostgreSQL || db.server == nil {
		return nil, errAlone
	}
	var raw [8]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Presence{id: int64(binary.BigEndian.Uint64(raw[:]) >> 1), stop: cancel, done: make(chan struct{})}
	pool := stdlib.OpenDB(*db.server)
	pool.SetMaxOpenConns(1)
	tried := make(chan struct{})
	go func() {
		defer close(p.done)
		defer pool.Close()
		first := sync.OnceFunc(func() { close(tried) })
		for ctx.Err() == nil {
			p.attend(ctx, pool, first)
			p.held.Store(false)
			first()
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	<-tried
	return p, nil
}

// attend holds the lock as long as the session lasts.
func (p *Presence) attend(ctx context.Context, pool *sql.DB, known func()) {
	conn, err := turn(ctx, pool)
	if err != nil {
		return
	}
	defer func() {
		// The session ends here, and the lock with it.
		_ = conn.Raw(func(c any) error { return c.(*stdlib.Conn).Conn().Close(context.WithoutCancel(ctx)) })
		_ = conn.Close()
	}()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", p.id); err != nil {
		return
	}
	p.held.Store(true)
	known()
	_ = conn.Raw(func(c any) error {
		// Nobody notifies: it returns when the session breaks, or ctx ends.
		_, err := c.(*stdlib.Conn).Conn().WaitForNotification(ctx)
		return err
	})
}

// Present reports whether the process of a token is there. As long as the
// transaction lasts it stays so where it is not: who comes back waits for its end.
func (tx *Tx) Present(token string) (bool, error) {
	id, err := strconv.ParseInt(token, 16, 64)
	if err != nil {
		return true, fmt.Errorf("the token of a process: %w", err)
	}
	var free bool
	_, err = tx.Row("SELECT pg_try_advisory_xact_lock_shared($1)", []any{id}, &free)
	return !free, err
}
