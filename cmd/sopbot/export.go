package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"sopbot/internal/answers"
	"sopbot/internal/database"
)

// machinery are the tables that say how the bot works and not what the team
// did; they are exported when they are named.
var machinery = []string{"outbox", "posts", "received", "editions"}

// sheets are what features export beside their tables, in the words of people:
// a line per feature that has any.
func sheets() []database.Sheet {
	return slices.Concat(
		answers.Sheets(),
	)
}

// exportCommand is `sopbot export DIR`.
type exportCommand struct {
	To       string   `arg:"" name:"dir" help:"The folder to write a file for each table to, or - for standard output."`
	Format   string   `help:"csv or json." enum:"csv,json" default:"csv"`
	Table    []string `help:"Only this table; may be given several times." placeholder:"NAME"`
	Database string   `help:"The file, or the address of PostgreSQL, to read." env:"SOPBOT_DATABASE" default:"sopbot.db" placeholder:"FILE"`
}

// Help says what is in the files.
func (exportCommand) Help() string {
	return `It may run while the bot does; all tables are of one moment. What only the bot needs (` + strings.Join(machinery, ", ") + `) is left out unless it is
named with --table.

CSV is made for spreadsheets: instants are written out, in UTC, and a text that begins with = + - or @ gets an apostrophe in front, so
that nobody's words are run as a formula. JSON gives everything as it is kept; its instants are milliseconds since 1970 in UTC.

The files hold what people wrote; they are made for you alone to read.`
}

// Run writes the tables.
func (c exportCommand) Run(ctx context.Context, streams streams) error {
	target, err := databaseFromFile(c.Database)
	if err != nil {
		return err
	}
	db, err := database.OpenForReading(ctx, target)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Read(ctx, func(tx *database.Tx) error {
		chosen, err := c.chosen(tx)
		if err != nil {
			return err
		}
		if c.To == "-" {
			return c.toOutput(tx, chosen, streams.out)
		}
		if err := c.toFolder(tx, chosen); err != nil {
			return err
		}
		fmt.Fprintf(streams.out, "%s in %s\n", plural(len(chosen), "file"), c.To)
		return nil
	})
}

// chosen are the sheets that were asked for, or all that people want: the
// tables are found in the database, so that a new one is exported by itself.
func (c exportCommand) chosen(tx *database.Tx) ([]database.Sheet, error) {
	tables, err := tx.Tables()
	if err != nil {
		return nil, err
	}
	all := sheets()
	for _, t := range tables {
		all = append(all, t.Sheet())
	}
	slices.SortFunc(all, func(a, b database.Sheet) int { return strings.Compare(a.Name, b.Name) })
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	for _, name := range c.Table {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no table %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(all, func(s database.Sheet) bool {
		if len(c.Table) > 0 {
			return !slices.Contains(c.Table, s.Name)
		}
		return slices.Contains(machinery, s.Name)
	}), nil
}

// toOutput writes one sheet as CSV, or all as one JSON object.
func (c exportCommand) toOutput(tx *database.Tx, all []database.Sheet, w io.Writer) error {
	out := bufio.NewWriter(w)
	if c.Format == "csv" {
		if len(all) != 1 {
			return errors.New("one CSV holds one table: name it with --table, or export to a folder")
		}
		return errors.Join(writeCSV(tx, all[0], out), out.Flush())
	}
	for i, s := range all {
		before := ",\n"
		if i == 0 {
			before = "{\n"
		}
		fmt.Fprintf(out, "%s%q: ", before, s.Name)
		if err := writeJSON(tx, s, out); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\n}")
	return out.Flush()
}

// toFolder writes a file per sheet. They get their names when all are whole,
// and none takes the place of another.
func (c exportCommand) toFolder(tx *database.Tx, all []database.Sheet) (err error) {
	if err := os.MkdirAll(c.To, 0o700); err != nil {
		return err
	}
	name := func(s database.Sheet) string { return filepath.Join(c.To, s.Name+"."+c.Format) }
	for _, s := range all {
		if _, err := os.Lstat(name(s)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already; name a new folder", name(s))
		}
	}
	var parts []string
	defer func() {
		for _, part := range parts {
			_ = os.Remove(part) // those that got their names are gone from here
		}
	}()
	for _, s := range all {
		f, err := os.CreateTemp(c.To, "."+s.Name+".part-*") // for its owner alone
		if err != nil {
			return err
		}
		parts = append(parts, f.Name())
		out := bufio.NewWriter(f)
		write := writeCSV
		if c.Format == "json" {
			write = writeJSON
		}
		if err := errors.Join(write(tx, s, out), out.Flush(), f.Close()); err != nil {
			return fmt.Errorf("table %s: %w", s.Name, err)
		}
	}
	for i, s := range all {
		if err := os.Rename(parts[i], name(s)); err != nil {
			return err
		}
	}
	return nil
}

func writeCSV(tx *database.Tx, s database.Sheet, w io.Writer) error {
	out := csv.NewWriter(w)
	var cells []string
	var instants []bool
	head := func(columns []string) error {
		cells, instants = make([]string, len(columns)), make([]bool, len(columns))
		for i, name := range columns {
			// What the house calls its instants.
			instants[i] = name == "at" || strings.HasSuffix(name, "_at")
		}
		return out.Write(columns)
	}
	err := tx.Select(s.Query, head, func(values []any) error {
		for i, value := range values {
			if ms, ok := value.(int64); ok && instants[i] {
				value = csvInstant(ms)
			}
			cells[i] = csvCell(value)
		}
		return out.Write(cells)
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

// csvInstant writes an instant as spreadsheets read it; 0 says that there is
// none.
func csvInstant(ms int64) any {
	if ms == 0 {
		return nil
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000")
}

// csvCell writes a value for a spreadsheet. Programs that open it run a text
// as a formula if it begins with one of these signs, also behind blanks that
// some of them take away.
func csvCell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		if first := strings.TrimLeft(v, " \t\r\n\u00a0\ufeff"); strings.IndexAny(first, "=+-@＝＋－＠") == 0 || strings.IndexAny(v, "\t\r") == 0 {
			return "'" + v
		}
		return v
	}
	return fmt.Sprint(value)
}

// writeJSON writes a sheet as an array of objects, a row on each line, with
// the columns in their order.
func writeJSON(tx *database.Tx, s database.Sheet, w io.Writer) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if _, err := io.WriteString(w, "["); err != nil {
		return err
	}
	var names []string
	head := func(columns []string) error { names = columns; return nil }
	before := "\n{"
	if err := tx.Select(s.Query, head, func(values []any) error {
		line.Reset()
		line.WriteString(before)
		before = ",\n{"
		for i, value := range values {
			if i > 0 {
				line.WriteString(",")
			}
			fmt.Fprintf(&line, "%q:", names[i])
			if err := encoder.Encode(value); err != nil {
				return err
			}
			line.Truncate(line.Len() - 1) // the encoder ends each with a line
		}
		line.WriteString("}")
		_, err := w.Write(line.Bytes())
		return err
	}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n]")
	return err
}
