package database

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrNotEmpty says that a copy would mix with what is there.
var ErrNotEmpty = errors.New("the database that is copied to holds rows already")

// Sum is what a table amounts to: how many rows, and a sum over the contents
// of each that does not depend on their order.
type Sum struct {
	Table string
	Rows  int64
	Sum   uint64
}

// Copy carries everything from one database into an empty one on PostgreSQL,
// in one transaction. Before it ends, both sides are counted and summed; what
// differs by a single letter is refused, and the target stays empty.
func Copy(ctx context.Context, from, to *DB) (sums []Sum, err error) {
	if to.dialect != PostgreSQL {
		return nil, errors.New("copy: the target must be PostgreSQL")
	}
	err = from.Read(ctx, func(src *Tx) error {
		tables, err := src.Tables()
		if err != nil {
			return err
		}
		sums, err = copyTables(ctx, src, tables, to)
		return err
	})
	return sums, err
}

func copyTables(ctx context.Context, src *Tx, tables []Table, to *DB) (sums []Sum, err error) {
	conn, err := to.writer.Conn(ctx)
	if err != nil {
		return nil, plain(err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, plain(err)
	}
	defer func() { _ = tx.Rollback() }()
	dst := &Tx{ctx: ctx, tx: tx, dialect: PostgreSQL}
	if err := prepareTarget(dst, tables); err != nil {
		return nil, plain(err)
	}
	for _, t := range tables {
		sent := Sum{Table: t.Name}
		if err := conn.Raw(func(driver any) error { return copyRows(ctx, driver.(*stdlib.Conn).Conn(), src, t, &sent) }); err != nil {
			return nil, plain(fmt.Errorf("copy table %s: %w", t.Name, err))
		}
		arrived, err := dst.sum(t)
		if err != nil {
			return nil, plain(fmt.Errorf("verify table %s: %w", t.Name, err))
		}
		if sent != arrived {
			return nil, fmt.Errorf("table %s did not arrive as it was sent: %d rows with sum %x became %d with %x", t.Name, sent.Rows, sent.Sum, arrived.Rows, arrived.Sum)
		}
		sums = append(sums, sent)
	}
	return sums, plain(tx.Commit())
}

// prepareTarget makes sure that the tables are the same and empty, and stay
// so until the copy is done.
func prepareTarget(dst *Tx, tables []Table) error {
	theirs, err := dst.Tables()
	if err != nil {
		return err
	}
	shape := func(tables []Table) (shapes []string) {
		for _, t := range tables {
			shapes = append(shapes, fmt.Sprint(t.Name, t.Columns))
		}
		slices.Sort(shapes)
		return shapes
	}
	if !slices.Equal(shape(tables), shape(theirs)) {
		return errors.New("the two databases do not have the same tables")
	}
	for _, t := range tables {
		if _, err := dst.Exec("LOCK TABLE " + quoteName(t.Name) + " IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		var one int
		found, err := dst.Row("SELECT 1 FROM "+quoteName(t.Name)+" LIMIT 1", nil, &one)
		if err != nil {
			return err
		}
		if found {
			return fmt.Errorf("%w, in the table %s", ErrNotEmpty, t.Name)
		}
	}
	return nil
}

// copyRows streams a table through PostgreSQL's COPY: one statement, so rows
// that refer to each other may come in any order.
func copyRows(ctx context.Context, conn *pgx.Conn, src *Tx, t Table, sent *Sum) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows, failed := make(chan []any, 256), make(chan error, 1)
	go func() {
		defer close(rows)
		failed <- src.Rows(t, func(values []any) error {
			row := clean(values)
			sent.add(row)
			select {
			case rows <- row:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	n, err := conn.CopyFrom(ctx, pgx.Identifier{t.Name}, names, pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := <-rows
		if !ok {
			return nil, nil
		}
		return row, nil
	}))
	stop()
	for range rows { // let the reader see that nobody listens
	}
	read := <-failed
	if err != nil {
		return err
	}
	if read != nil {
		return read
	}
	if n != sent.Rows {
		return fmt.Errorf("%d rows were sent, %d taken", sent.Rows, n)
	}
	return nil
}

func (tx *Tx) sum(t Table) (Sum, error) {
	sum := Sum{Table: t.Name}
	err := tx.Rows(t, func(values []any) error {
		sum.add(values)
		return nil
	})
	return sum, err
}

// add puts a row to the sum. Each value carries its kind and length, so that
// no two rows look the same.
func (s *Sum) add(row []any) {
	h := sha256.New()
	for _, value := range row {
		var kind byte
		var data []byte
		switch v := value.(type) {
		case nil:
			kind = '0'
		case int64:
			kind, data = 'i', binary.BigEndian.AppendUint64(nil, uint64(v))
		case float64:
			kind, data = 'f', binary.BigEndian.AppendUint64(nil, math.Float64bits(v))
		case string:
			kind, data = 't', []byte(v)
		case []byte:
			kind, data = 'b', v
		default:
			kind, data = '?', fmt.Append(nil, v)
		}
		h.Write(append(binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(data))), data...))
	}
	s.Rows++
	s.Sum += binary.BigEndian.Uint64(h.Sum(nil))
}

// Mended counts the texts of a database that PostgreSQL would not take as
// they are, and that a copy changes by a letter: those with NUL or broken
// UTF-8, which versions before this one let in.
func (db *DB) Mended(ctx context.Context) (n int, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		n = 0
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := tx.Rows(t, func(values []any) error {
				for _, v := range values {
					if s, ok := v.(string); ok && s != cleanText(s) {
						n++
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
