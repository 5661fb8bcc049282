package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Connections that one process opens at most. Writers and readers have their
// own, so that neither can starve the other; with migrations, a copy and its
// presence a replica stays below a dozen of the hundred that a server has by default.
const (
	serverWriters = 6
	serverReaders = 4
)

// migrationLock is the advisory lock that one replica holds while it
// migrates: "SOPB" once more.
const migrationLock int64 = applicationID

// writeLock is the advisory lock that every transaction that writes shares,
// and one that lost too often has for itself.
const writeLock = migrationLock + 1

// No transaction takes this long; one that does has lost its server. What goes
// through everything that is kept has longer: see [Longer].
const serverPatience = 30 * time.Second

type patienceKey struct{}

// Longer gives the transactions of a context so much time on a server, for what
// goes through everything that a team has kept for years.
func Longer(ctx context.Context, most time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, most)
}

func serverPatienceOf(ctx context.Context) time.Duration {
	if most, longer := ctx.Value(patienceKey{}).(time.Duration); longer {
		return most
	}
	return serverPatience
}

// oldestServer is the oldest PostgreSQL that is tried.
const oldestServer = 13

var errAddress = errors.New("the address is not one that PostgreSQL understands; write it like postgres://USER:PASSWORD@HOST:5432/NAME, " +
	"with special letters of the password written as %40 (for @), %2F (for /), %23 (for #)")

// CheckAddress says in plain words what is wrong with a server's address. It
// never repeats the address: a password may be in it.
func CheckAddress(target string) error {
	_, err := serverConfig(target)
	return err
}

func serverConfig(target string) (*pgx.ConnConfig, error) {
	// The parser's own words may hold parts of the password.
	config, err := pgx.ParseConfig(target)
	if err != nil {
		return nil, errAddress
	}
	if config.Database == "" {
		return nil, errors.New("the address names no database; write it like postgres://USER:PASSWORD@HOST:5432/NAME")
	}
	for name, value := range map[string]string{
		"application_name": "sopbot",
		// A replica that vanished with its machine must not keep its locks.
		"idle_in_transaction_session_timeout": "60s",
		"tcp_keepalives_idle":                 "30",
		// Whoever reads a table from end to end conflicts with all who write
		// to it, and on small tables the planner reads so: then transactions
		// that have nothing to do with each other lose, and run again and
		// again. Without an index it still can; that costs only on paper, which
		// must not look like worth compiling.
		"enable_seqscan": "off",
		"jit":            "off",
	} {
		if _, said := config.RuntimeParams[name]; !said {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	return config, nil
}

// addressName is an address to be shown: without password and parameters.
func addressName(target string) string {
	config, err := pgx.ParseConfig(target)
	if err != nil {
		return "postgres://…"
	}
	u := url.URL{Scheme: "postgres", User: url.User(config.User), Host: config.Host, Path: "/" + config.Database}
	if strings.HasPrefix(config.Host, "/") { // a socket's folder
		u.Host = ""
	} else if config.Port != 5432 {
		u.Host = net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	}
	return u.String()
}

func openServer(ctx context.Context, db *DB, target string) error {
	if err := openPools(ctx, db, target); err != nil {
		return err
	}
	if err := db.servable(ctx); err != nil {
		return err
	}
	return plain(db.migrateServer(ctx))
}

// servable says why a server is not one to keep what people are told is kept.
func (db *DB) servable(ctx context.Context) error {
	var standby, reads, later bool
	if err := db.reader.QueryRowContext(ctx, `SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',
		current_setting('synchronous_commit') = 'off'`).Scan(&standby, &reads, &later); err != nil {
		return plain(err)
	}
	if standby || reads {
		return fmt.Errorf("%w: this server is a standby, or set to read only; name the primary", ErrReadOnly)
	}
	if later {
		return errors.New("synchronous_commit is off, so a crash of the server would lose what people were told is kept; " +
			"switch it on: ALTER DATABASE … SET synchronous_commit = on")
	}
	return nil
}

func openServerForReading(ctx context.Context, db *DB, target string) error {
	if err := openPools(ctx, db, target); err != nil {
		return err
	}
	_ = db.writer.Close()
	db.writer = nil
	var ours bool
	if err := db.reader.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", serverVersions).Scan(&ours); err != nil {
		return plain(err)
	}
	if ours {
		return nil
	}
	conn, err := turn(ctx, db.reader)
	if err != nil {
		return plain(err)
	}
	defer conn.Close()
	if err := checkSchema(ctx, conn); err != nil {
		return plain(err)
	}
	if err := db.servable(ctx); err != nil {
		return err
	}
	return ErrEmpty
}

func openPools(ctx context.Context, db *DB, target string) error {
	config, err := serverConfig(target)
	if err != nil {
		return err
	}
	pool := func(most int) *sql.DB {
		p := stdlib.OpenDB(*config)
		p.SetMaxOpenConns(most)
		p.SetMaxIdleConns(most)
		p.SetConnMaxIdleTime(5 * time.Minute)
		// Names of servers come to mean other machines.
		p.SetConnMaxLifetime(time.Hour)
		return p
	}
	db.server = config
	db.writer, db.reader = pool(serverWriters), pool(serverReaders)
	var version int
	var encoding string
	err = db.reader.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding')").Scan(&version, &encoding)
	switch {
	case err != nil:
		return plainConnect(err, config)
	case version < oldestServer:
		return fmt.Errorf("the server is PostgreSQL %d; sopbot needs %d or newer", version, oldestServer)
	case encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s; make one with UTF8", encoding)
	}
	return nil
}

// checkSchema refuses a schema in which another program has its tables: names
// as plain as ours would meet theirs.
func checkSchema(ctx context.Context, conn *sql.Conn) error {
	var schema sql.NullString
	var others int
	var ours, may bool
	if err := conn.QueryRowContext(ctx, `SELECT current_schema(), to_regclass($1) IS NOT NULL, COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false),
		(SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema())`, serverVersions).Scan(&schema, &ours, &may, &others); err != nil {
		return err
	}
	switch {
	case !schema.Valid:
		return errors.New("the schema of the search path is not there; make it: CREATE SCHEMA …")
	case !ours && others > 0:
		return fmt.Errorf("%w: the schema %s holds tables of another program; give sopbot a database of its own, or a schema: …?search_path=sopbot", ErrNotOurs, schema.String)
	case !ours && !may:
		return fmt.Errorf("%w: its user may not make tables in the schema %s; let the user own the database: ALTER DATABASE … OWNER TO …", ErrReadOnly, schema.String)
	}
	return nil
}

// beginServer waits for a connection, which may end with ctx, and begins,
// which may not.
func (db *DB) beginServer(ctx context.Context, how manner) (_ *Tx, done func(), err error) {
	pool := db.writer
	if how == reading {
		pool = db.reader
	}
	conn, err := turn(ctx, pool)
	if err != nil {
		return nil, nil, err
	}
	life, cancel := context.WithTimeout(context.WithoutCancel(ctx), serverPatienceOf(ctx))
	locked := false
	done = func() {
		if locked {
			if _, err := conn.ExecContext(life, "SELECT pg_advisory_unlock($1)", writeLock); err != nil {
				// It must not go back to the pool with the lock.
				_ = conn.Raw(func(any) error { return driver.ErrBadConn })
			}
		}
		_ = conn.Close()
		cancel()
	}
	if how == alone {
		// Before the transaction begins: what it sees is settled with its
		// first statement.
		if _, err := conn.ExecContext(life, "SELECT pg_advisory_lock($1)", writeLock); err != nil {
			done()
			return nil, nil, err
		}
		locked = true
	}
	tx := &serverTx{Conn: conn, ctx: life}
	if err := tx.say(begins[how], "BEGIN"); err != nil {
		done()
		return nil, nil, err
	}
	return &Tx{ctx: life, tx: tx, dialect: PostgreSQL}, done, nil
}

// begins are how transactions begin, in one message to the server.
var begins = map[manner]string{
	reading:  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	besides:  "BEGIN ISOLATION LEVEL SERIALIZABLE; " + shareWriteLock,
	rowByRow: "BEGIN ISOLATION LEVEL READ COMMITTED; " + shareWriteLock,
	alone:    "BEGIN ISOLATION LEVEL SERIALIZABLE",
}

var shareWriteLock = fmt.Sprintf("SELECT pg_advisory_xact_lock_shared(%d)", writeLock)

// serverTx is a transaction on a connection, begun and ended in a message each.
// Its statements must not outlive it: database/sql takes the connection back
// with whatever is open, and then throws it away.
type serverTx struct {
	*sql.Conn
	ctx  context.Context
	over bool
}

// say sends statements without parameters; the server must answer the first with
// that word.
func (tx *serverTx) say(words, want string) error {
	return tx.Raw(func(driverConn any) error {
		results, err := driverConn.(*stdlib.Conn).Conn().PgConn().Exec(tx.ctx, words).ReadAll()
		if err != nil {
			return err
		}
		if got := results[0].CommandTag.String(); got != want {
			return fmt.Errorf("the server answered %s with %s", want, got)
		}
		return nil
	})
}

// send runs statements in one message to the server, which stops at the first
// that fails, and gives what it says of the last.
func (tx *serverTx) send(batch *pgx.Batch) (last pgconn.CommandTag, err error) {
	err = tx.Raw(func(driverConn any) error {
		results := driverConn.(*stdlib.Conn).Conn().SendBatch(tx.ctx, batch)
		for range batch.Len() {
			if last, err = results.Exec(); err != nil {
				_ = results.Close()
				return err
			}
		}
		return results.Close()
	})
	return last, err
}

// sendAndCommit is send and Commit in one message.
func (tx *serverTx) sendAndCommit(batch *pgx.Batch) error {
	batch.Queue("COMMIT")
	last, err := tx.send(batch)
	if err == nil && last.String() != "COMMIT" {
		err = errors.New("the server answered COMMIT with " + last.String())
	}
	tx.over = err == nil // what failed before it is open still
	return err
}

// Commit ends the transaction, keeping what it did.
func (tx *serverTx) Commit() error {
	tx.over = true // whatever comes of it
	return tx.say("COMMIT", "COMMIT")
}

// Rollback ends the transaction as if it had never been; after Commit there is
// nothing to end.
func (tx *serverTx) Rollback() error {
	if tx.over {
		return sql.ErrTxDone
	}
	tx.over = true
	return tx.say("ROLLBACK", "ROLLBACK")
}

// plainConnect says why there is no connection.
func plainConnect(err error, config *pgx.ConnConfig) error {
	var server *pgconn.PgError
	var dial *net.OpError
	switch {
	case errors.As(err, &server) && (server.Code == "28P01" || server.Code == "28000"):
		return fmt.Errorf("the server does not let %s in; check user and password (%w)", config.User, err)
	case errors.As(err, &server) && server.Code == "3D000":
		return fmt.Errorf("the server has no database %s; make it: CREATE DATABASE %s (%w)", config.Database, config.Database, err)
	case errors.As(err, &dial):
		return fmt.Errorf("no PostgreSQL answers at %s, port %d (%w)", config.Host, config.Port, err)
	}
	return plain(err)
}

// isAway reports whether there was no connection to the server, or it broke.
func isAway(err error) bool {
	var connecting *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn)
}

// plainServer gives PostgreSQL's errors our names.
func plainServer(e *pgconn.PgError) (name error, advice string) {
	switch e.Code {
	case "53100": // disk_full
		return ErrFull, ""
	case "25006": // read_only_sql_transaction
		return ErrReadOnly, "; is the server a standby?"
	case "42501": // insufficient_privilege
		return ErrReadOnly, "; let sopbot's user own the database: ALTER DATABASE … OWNER TO …"
	case "57P01", "57P02", "57P03", "53300": // admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections
		return ErrAway, ""
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return ErrDamaged, "; restore a backup"
	}
	return nil, ""
}
