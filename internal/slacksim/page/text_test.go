package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sopbot/internal/slacksim/page"
)

func TestPastedText(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	long := strings.Repeat("words and *more* words. ", 1667) // 40,008 letters
	w.write(long)
	w.sees("that is too long: a message takes 40000 letters at most")
	if n := eval[int](w, `document.getElementById('typed').value.length`); n != len(long) {
		t.Errorf("%d letters are left of %d", n, len(long))
	}
	w.press(backspace, backspace, backspace, backspace, backspace, backspace, backspace, backspace, backspace, backspace, enter)
	w.sees("Show all")
	w.click("Show all")
	w.seesNot("Show all")
	w.write("/no such thing")
	w.sees("/no is not a command here.")
}

// Text is text, wherever it stands.
func TestTextIsNeverMarkup(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	const evil = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`
	plain := func(s string) obj { return obj{"type": "plain_text", "text": s} }
	w.write(evil)
	w.write("/toy say " + evil)
	w.write("/toy shout " + evil)
	a.post("C0SALES", obj{"text": evil, "blocks": []any{
		obj{"type": "header", "text": plain(evil)},
		obj{"type": "section", "text": obj{"type": "mrkdwn", "text": evil + " <javascript:alert(1)|click me> `" + evil + "` ```" + evil + "```"}},
		obj{"type": "context", "elements": []any{plain(evil)}},
		obj{"type": "markdown", "text": evil + "\n\n# " + evil + "\n\n[bad](javascript:alert(1))"},
		obj{"type": "rich_text", "elements": []any{obj{"type": "rich_text_section", "elements": []any{obj{"type": "text", "text": evil}, obj{"type": "link", "url": "javascript:window.hacked=1", "text": "bad link"}}}}},
		obj{"type": "table", "rows": []any{[]any{obj{"type": "raw_text", "text": evil}}}},
		obj{"type": "data_visualization", "title": "<b>Title</b>", "chart": obj{"type": "pie", "segments": []any{obj{"label": "<i>part</i>", "value": 1}}}},
		obj{"type": "actions", "elements": []any{obj{"type": "button", "action_id": "x", "text": plain("<b>Press</b>")}}},
	}})
	w.sees("<b>Press</b>", "<i>part</i>: 1")
	a.mu.Lock()
	a.show = obj{"type": "modal", "title": plain("<b>Form</b>"), "submit": plain("<i>Go</i>"), "blocks": []any{
		obj{"type": "input", "label": plain(evil), "hint": plain(evil), "element": obj{"type": "static_select", "action_id": "s", "placeholder": plain("<u>Pick</u>"), "options": []any{obj{"text": plain("<b>Option</b>"), "value": "1"}}}},
	}}
	a.mu.Unlock()
	w.write("/toy show")
	w.sees("<b>Form</b>")
	w.into(evil)
	w.click("<b>Option</b>")
	for what, script := range map[string]string{
		"nothing ran":                  `window.hacked === undefined`,
		"no picture came in by text":   `!document.querySelector('img[src="x"]')`,
		"no script came in by text":    `[...document.querySelectorAll('script')].every(s => s.src)`,
		"no link runs a script":        `![...document.querySelectorAll('a')].some(e => e.protocol === 'javascript:')`,
		"all of it can be read":        `T.shows().split('<script>window.hacked=1</script>').length > 12`,
		"the browser would not let it": `!!(await fetch('/').then(r => r.headers.get('Content-Security-Policy'))).match(/script-src 'self'/)`,
	} {
		if strings.Contains(script, "await") {
			script = "(async () => " + script + ")()"
		}
		if !eval[bool](w, script) {
			t.Errorf("%s: not so", what)
		}
	}
}

// A block that Slack may invent tomorrow is shown as it came, and marked.
func TestUnknownBlock(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	a.post("C0SALES", obj{"text": "x", "blocks": []any{obj{"type": "header", "text": obj{"type": "plain_text", "text": "of tomorrow"}}}})
	data, err := a.slack.Save()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.slack.Restore(bytes.Replace(data, []byte(`"type":"header"`), []byte(`"type":"hologram"`), 1)); err != nil {
		t.Fatal(err)
	}
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.sees("Unknown block: hologram", "of tomorrow")
}

func TestUploadedPicture(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	picture := image.NewRGBA(image.Rect(0, 0, 240, 120))
	for i := range 240 * 120 {
		picture.Set(i%240, i/240, color.RGBA{uint8(i % 240), 110, 98, 255})
	}
	var data bytes.Buffer
	if err := png.Encode(&data, picture); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"token": {a.slack.BotToken()}, "filename": {"week.png"}, "length": {fmt.Sprint(data.Len())}, "alt_txt": {"Deals by week"}}
	reply, err := http.PostForm(a.slack.URL()+"files.getUploadURLExternal", form)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var place struct {
		URL string `json:"upload_url"`
		ID  string `json:"file_id"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&place); err != nil || place.URL == "" {
		t.Fatalf("no place for the picture: %v %v", place, err)
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	part, err := parts.CreateFormFile("file", "week.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(data.Bytes())
	_ = parts.Close()
	sent, err := http.Post(place.URL, parts.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	_ = sent.Body.Close()
	a.call("files.completeUploadExternal", obj{"files": []any{obj{"id": place.ID, "title": "The week"}}, "channel_id": "C0SALES", "initial_comment": "Here it is:"})
	a.post("C0SALES", obj{"text": "again", "blocks": []any{obj{"type": "image", "slack_file": obj{"id": place.ID}, "alt_text": "Deals by week, again"}}})
	w.sees("Here it is:", "The week")
	w.until("both pictures to load", `[...document.querySelectorAll('figure img')].filter(i => i.naturalWidth === 240 && i.alt.startsWith('Deals by week')).length === 2`)
}
