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

	"sopbot/internal/database"
)

// exportCommand is `sopbot export DIR`.
type exportCommand struct {
	To       string   `arg:"" help:"The folder to write a file for each table to, or - for standard output." placeholder:"DIR|-"`
	Format   string   `help:"csv or json." enum:"csv,json" default:"csv"`
	Table    []string `help:"Only this table; may be given several times." placeholder:"NAME"`
	Database string   `help:"The database to read." env:"SOPBOT_DATABASE" default:"sopbot.db" placeholder:"FILE"`
}

// Help says what is in the files.
func (exportCommand) Help() string {
	return `It may run while the bot does; all tables are of one moment. Instants are milliseconds since 1970 in UTC.

CSV is made for spreadsheets: a text that begins with = + - or @ gets an apostrophe in front, so that nobody's words are run as a
formula. JSON gives every text as it is. The files hold what people wrote; they are made for you alone to read.`
}

// Run writes the tables.
func (c exportCommand) Run(ctx context.Context, streams streams) error {
	db, err := database.OpenForReading(ctx, c.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Read(ctx, func(tx *database.Tx) error {
		tables, err := c.tables(tx)
		if err != nil {
			return err
		}
		if c.To == "-" {
			return c.toOutput(tx, tables, streams.out)
		}
		if err := c.toFolder(tx, tables); err != nil {
			return err
		}
		fmt.Fprintf(streams.out, "%d tables are in %s\n", len(tables), c.To)
		return nil
	})
}

// tables are those that were asked for, or all.
func (c exportCommand) tables(tx *database.Tx) ([]database.Table, error) {
	all, err := tx.Tables()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b database.Table) int { return strings.Compare(a.Name, b.Name) })
	var names []string
	for _, t := range all {
		names = append(names, t.Name)
	}
	for _, name := range c.Table {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no table %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	if len(c.Table) > 0 {
		all = slices.DeleteFunc(all, func(t database.Table) bool { return !slices.Contains(c.Table, t.Name) })
	}
	return all, nil
}

// toOutput writes one table as CSV, or all as one JSON object.
func (c exportCommand) toOutput(tx *database.Tx, tables []database.Table, w io.Writer) error {
	out := bufio.NewWriter(w)
	if c.Format == "csv" {
		if len(tables) != 1 {
			return errors.New("one CSV holds one table: name it with --table, or export to a folder")
		}
		return errors.Join(writeCSV(tx, tables[0], out), out.Flush())
	}
	for i, t := range tables {
		before := ",\n"
		if i == 0 {
			before = "{\n"
		}
		fmt.Fprintf(out, "%s%q: ", before, t.Name)
		if err := writeJSON(tx, t, out); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\n}")
	return out.Flush()
}

// toFolder writes a file per table. They get their names when all are whole,
// and none takes the place of another.
func (c exportCommand) toFolder(tx *database.Tx, tables []database.Table) (err error) {
	if err := os.MkdirAll(c.To, 0o700); err != nil {
		return err
	}
	name := func(t database.Table) string { return filepath.Join(c.To, t.Name+"."+c.Format) }
	for _, t := range tables {
		if _, err := os.Lstat(name(t)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already; name a new folder", name(t))
		}
	}
	var parts []string
	defer func() {
		for _, part := range parts {
			_ = os.Remove(part) // those that got their names are gone from here
		}
	}()
	for _, t := range tables {
		f, err := os.CreateTemp(c.To, "."+t.Name+".part-*") // for its owner alone
		if err != nil {
			return err
		}
		parts = append(parts, f.Name())
		out := bufio.NewWriter(f)
		write := writeCSV
		if c.Format == "json" {
			write = writeJSON
		}
		if err := errors.Join(write(tx, t, out), out.Flush(), f.Close()); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	for i, t := range tables {
		if err := os.Rename(parts[i], name(t)); err != nil {
			return err
		}
	}
	return nil
}

func writeCSV(tx *database.Tx, t database.Table, w io.Writer) error {
	out := csv.NewWriter(w)
	row := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		row[i] = column.Name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	err := tx.Rows(t, func(values []any) error {
		for i, value := range values {
			row[i] = csvCell(value)
		}
		return out.Write(row)
	})
	out.Flush()
	return errors.Join(err, out.Error())
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

// writeJSON writes a table as an array of objects, a row on each line, with
// the columns in their order.
func writeJSON(tx *database.Tx, t database.Table, w io.Writer) error {
	var line bytes.Buffer
	values := json.NewEncoder(&line)
	values.SetEscapeHTML(false)
	before := "\n{"
	if _, err := io.WriteString(w, "["); err != nil {
		return err
	}
	if err := tx.Rows(t, func(row []any) error {
		line.Reset()
		line.WriteString(before)
		before = ",\n{"
		for i, value := range row {
			if i > 0 {
				line.WriteString(",")
			}
			fmt.Fprintf(&line, "%q:", t.Columns[i].Name)
			if err := values.Encode(value); err != nil {
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
