package database

import (
	"os"
	"path/filepath"
	"testing"
)

// PostgreSQL's password need not stand in the address.
func TestThePasswordMayStandInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pass")
	if err := os.WriteFile(file, []byte("db.example:5432:sopbot:sopbot:from the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ file, variable, address, want string }{
		"in the file":                       {file: file, address: "postgres://sopbot@db.example/sopbot", want: "from the file"},
		"in the variable":                   {variable: "from the variable", address: "postgres://sopbot@db.example/sopbot", want: "from the variable"},
		"in the address, which comes first": {file: file, address: "postgres://sopbot:here@db.example/sopbot", want: "here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PGPASSFILE", tc.file)
			t.Setenv("PGPASSWORD", tc.variable)
			config, err := serverConfig(tc.address)
			if err != nil || config.Password != tc.want {
				t.Errorf("the password is %q, %v; want %q", config.Password, err, tc.want)
			}
		})
	}
}
