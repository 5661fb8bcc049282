package dbtest

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A test process that is killed takes its server and everything of it along.
func TestAServerEndsWithItsTests(t *testing.T) {
	if os.Getenv("SOPBOT_TEST_CLUSTER") != "" {
		fmt.Println(Postgres(t))
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestAServerEndsWithItsTests$")
	cmd.Env = append(os.Environ(), "SOPBOT_TEST_CLUSTER=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	address, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	folder := address.Query().Get("host")
	if !strings.Contains(folder, "sopbot-postgres-") {
		t.Fatalf("the server's folder is %q", folder)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		// The keeper removes it once the server has ended.
		if _, err := os.Stat(folder); os.IsNotExist(err) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still there", folder)
		}
	}
}
