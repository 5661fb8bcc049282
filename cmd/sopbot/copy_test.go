package main

import (
	"context"
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

func TestCopyCarriesEverythingToPostgreSQL(t *testing.T) {
	address := dbtest.Postgres(t)
	path, db := teamFile(t)
	said, out := output()
	command := copyCommand{File: path, To: strings.Replace(address, "sopbot@", "sopbot:s3cr3t@", 1)}
	if err := command.Run(t.Context(), said); err == nil || !strings.Contains(err.Error(), "a bot is using") {
		t.Fatalf("while a bot is using it: %v", err)
	}
	_ = db.Close()
	// What an older version let in.
	raw, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("UPDATE questions SET words = ? WHERE id = 'q8'", "nul \x00"); err != nil {
		t.Fatal(err)
	}
	_ = raw.Close()
	if err := command.Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`questions +9 +[0-9a-f]{16}`, `shares +0 +0{16}`, `which became �: 1`, `Copied to postgres://sopbot@/test_`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("lacks %s:\n%s", want, out)
		}
	}
	if strings.Contains(out.String(), "s3cr3t") {
		t.Errorf("the password is shown:\n%s", out)
	}
	copied := dbtest.Open(t, address)
	if n := questions(t, copied); n != 9 {
		t.Errorf("%d questions arrived", n)
	}
	ask(t, copied, "the first on PostgreSQL", "it goes on")
	if err := command.Run(t.Context(), said); err == nil || !strings.Contains(err.Error(), "holds rows already") {
		t.Errorf("into what is not empty: %v", err)
	}
	if n := questions(t, copied); n != 10 {
		t.Errorf("%d questions after a copy that was refused", n)
	}
}

// What goes wrong in the middle leaves nothing behind.
func TestACopyThatFailsLeavesTheTargetEmpty(t *testing.T) {
	address := dbtest.Postgres(t)
	path, db := teamFile(t)
	_ = db.Close()
	target := dbtest.Open(t, address)
	rows := func() (n int) {
		if err := target.Read(context.Background(), func(tx *database.Tx) error {
			_, err := tx.Row("SELECT (SELECT count(*) FROM questions) + (SELECT count(*) FROM ratings)", nil, &n)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	pg, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close()
	for _, trouble := range []struct{ begin, end, says string }{
		{"ALTER TABLE ratings ADD CHECK (helpful = 7)", "ALTER TABLE ratings DROP CONSTRAINT ratings_helpful_check1", "violates check"},
		{"CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.why := 'spoilt'; RETURN NEW; END$$; CREATE TRIGGER spoil BEFORE INSERT ON ratings FOR EACH ROW EXECUTE FUNCTION spoil()",
			"DROP TRIGGER spoil ON ratings", "did not arrive as it was sent"},
		{"CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; CREATE TRIGGER skip BEFORE INSERT ON questions FOR EACH ROW EXECUTE FUNCTION skip()",
			"DROP TRIGGER skip ON questions", "9 rows were sent, 0 taken"},
		{"ALTER TABLE shares ADD COLUMN extra bigint", "ALTER TABLE shares DROP COLUMN extra", "do not have the same tables"},
	} {
		if _, err := pg.Exec(trouble.begin); err != nil {
			t.Fatal(err)
		}
		said, _ := output()
		if err := (copyCommand{File: path, To: address}).Run(t.Context(), said); err == nil || !strings.Contains(err.Error(), trouble.says) || !strings.Contains(err.Error(), "nothing was copied") {
			t.Errorf("err = %v, want %q", err, trouble.says)
		}
		if n := rows(); n != 0 {
			t.Errorf("%s: %d rows are left behind", trouble.says, n)
		}
		if _, err := pg.Exec(trouble.end); err != nil {
			t.Fatal(err)
		}
	}
	said, _ := output()
	if err := (copyCommand{File: path, To: address}).Run(t.Context(), said); err != nil || rows() != 18 {
		t.Errorf("after all that: %v, %d rows", err, rows())
	}
}

func TestCopyRefusesInPlainWords(t *testing.T) {
	path, _ := teamFile(t)
	for name, tc := range map[string]struct {
		command copyCommand
		says    string
	}{
		"to a file":            {copyCommand{path, "other.db"}, "name the PostgreSQL"},
		"to nowhere":           {copyCommand{path, ""}, "name the PostgreSQL"},
		"from PostgreSQL":      {copyCommand{"postgres://sam:s3cr3t@h/x", "postgres://h/y"}, "from a file to PostgreSQL"},
		"what is not there":    {copyCommand{path + "x", "postgres://h/y"}, "no such file"},
		"to no server, copied": {copyCommand{copyOf(t, path), "postgres://sam:s3cr3t@127.0.0.1:1/x"}, "no PostgreSQL answers"},
	} {
		t.Run(name, func(t *testing.T) {
			said, _ := output()
			err := tc.command.Run(t.Context(), said)
			if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("err = %v, want %q", err, tc.says)
			}
		})
	}
}

func TestAnAddressOfPostgreSQLIsChecked(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://sam:s3cr3t@host/sopbot":      "",
		"postgresql:///sopbot?host=%2Frun":       "",
		"postgres://sam:s3cr3t%zz@host/sopbot":   "SOPBOT_DATABASE: the address is not one that PostgreSQL understands",
		"postgres://sam:s3cr3t@host:port/sopbot": "SOPBOT_DATABASE: the address is not one",
		"postgres://sam:s3cr3t@host/x?sslmode=s": "SOPBOT_DATABASE: the address is not one",
	} {
		c := Config{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "http://h/", Log: "info", Database: address}
		err := c.validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t")) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}
