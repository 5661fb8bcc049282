package dbtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// cluster is the one PostgreSQL of this test process.
type cluster struct {
	socket string        // the folder of its socket
	admin  *sql.DB       // connected to the database postgres
	ended  chan struct{} // closed when the server is no more
	alive  *os.File      // the server lives until this end of a pipe is closed, by us or by our death
}

var (
	started   = sync.OnceValues(start)
	databases atomic.Int64
)

// Postgres gives the address of a new, empty database, which is dropped at the
// end of the test.
func Postgres(t testing.TB) string {
	t.Helper()
	c, err := started()
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	if _, measured := t.(*testing.B); measured {
		c.durable(t)
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if _, err := c.admin.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return c.address(name)
}

// Server is a PostgreSQL of one test's own, for what the others would not
// survive.
type Server struct {
	Address string // of an empty database on it
	admin   *sql.DB
}

// OwnPostgres starts a server that lives as long as the test.
func OwnPostgres(t testing.TB) *Server {
	t.Helper()
	c, err := start()
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		_ = c.admin.Close()
		_ = c.alive.Close()
		<-c.ended
	})
	if _, err := c.admin.ExecContext(context.Background(), "CREATE DATABASE own"); err != nil {
		t.Fatal(err)
	}
	return &Server{c.address("own"), c.admin}
}

// Crash kills (-9) one of the processes that serve a connection. The server
// then drops them all, in the middle of whatever they do, and recovers from its
// log before it takes new ones, as after a crash. Crash waits for that.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	var pid int
	if err := s.admin.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Its own connection is among the dropped; the pool makes another.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var now int
		if err := s.admin.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&now); err == nil && now != pid {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("the server does not come back: %v", err)
		}
	}
}

// durable makes commits wait for the disk, as in earnest: what the tests try
// needs no disk, what benchmarks measure does.
func (c *cluster) durable(t testing.TB) {
	t.Helper()
	for _, statement := range []string{"ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on", "SELECT pg_reload_conf()"} {
		if _, err := c.admin.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for range 500 { // the server takes a moment to read its settings
		var fsync string
		if err := c.admin.QueryRowContext(context.Background(), "SHOW fsync").Scan(&fsync); err != nil {
			t.Fatal(err)
		}
		if fsync == "on" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the server does not take its settings")
}

func (c *cluster) address(name string) string {
	return "postgres://sopbot@/" + name + "?host=" + url.QueryEscape(c.socket)
}

// keeper runs the server and waits for the end of its standard input, which
// comes when the test process closes the pipe or dies of whatever: a panic,
// a time-out, kill -9. Then it stops the server and removes the folder. A shell
// starts what runs in the background deaf to QUIT; TERM before it is for a
// server that has hardly begun.
const keeper = `
bin=$1 dir=$2
cd "$dir" || exit 1
if "$bin/initdb" -D data -U sopbot -A trust -E UTF8 --no-locale --no-sync --no-instructions >log 2>&1; then
	printf '%s\n' "fsync = off" "full_page_writes = off" >>data/postgresql.conf
	"$bin/postgres" -D data -k "$dir" -c listen_addresses= \
		-c wal_level=minimal -c max_wal_senders=0 -c shared_buffers=16MB -c max_connections=60 >>log 2>&1 </dev/null &
	server=$!
else
	: >failed
fi
cat >/dev/null
[ -z "$server" ] || { kill -TERM "$server"; kill -QUIT "$server"; wait "$server"; }
cd / && rm -rf "$dir"
`

func start() (*cluster, error) {
	bin, err := newest()
	if err != nil {
		return nil, err
	}
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	reading, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", keeper, "sh", bin, dir)
	cmd.Stdin = reading
	cmd.Dir = "/"
	// Out of our process group: an interrupt at the terminal ends the tests,
	// and the keeper must outlive them to clean up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.SysProcAttr.Credential, err = unprivileged(dir); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_ = reading.Close()
	c := &cluster{socket: dir, alive: alive, ended: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(c.ended) }()
	if c.admin, err = sql.Open("pgx", c.address("postgres")); err != nil {
		return nil, err
	}
	c.admin.SetMaxOpenConns(2)
	return c, c.wait()
}

// wait lets the server come up.
func (c *cluster) wait() error {
	log := func() string {
		said, _ := os.ReadFile(filepath.Join(c.socket, "log"))
		return string(bytes.TrimSpace(said))
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if _, err := os.Stat(filepath.Join(c.socket, ".s.PGSQL.5432")); err == nil {
			if err = c.admin.Ping(); err == nil {
				return nil
			}
		}
		_, err := os.Stat(filepath.Join(c.socket, "failed"))
		if err == nil || time.Now().After(deadline) {
			said := log()
			_ = c.alive.Close()
			return fmt.Errorf("the server does not start:\n%s", said)
		}
		select {
		case <-c.ended:
			return fmt.Errorf("nobody could start the server in %s:\n%s", c.socket, log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// newest finds the newest server on this machine.
func newest() (bin string, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		server, err := exec.LookPath("postgres")
		if err != nil {
			return "", errors.New("there is none on this machine; install it: sudo sh scripts/postgres.sh")
		}
		return filepath.Dir(server), nil
	}
	version := func(server string) int {
		n, _ := strconv.Atoi(strings.Split(server, "/")[4])
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// folder makes one whose name is short enough for a socket in it. Root gives
// it away to a user who may not enter everywhere.
func folder() (string, error) {
	const longest = 107 - len("/.s.PGSQL.5432")
	parent := os.TempDir()
	if os.Getuid() == 0 || len(parent)+len("/sopbot-postgres-1234567890") > longest {
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, "sopbot-postgres-")
}

// unprivileged gives the folder to a user who is not root, for root may not
// run a server; anybody else runs it as they are.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUID, errGID, os.Chown(dir, int(uid), int(gid))); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("root may not run a server, and there is no user postgres or nobody")
}
