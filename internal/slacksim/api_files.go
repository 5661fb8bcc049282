package slacksim

import (
	"bytes"
	"image"
	_ "image/gif" // sizes of pictures
	_ "image/jpeg"
	_ "image/png"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// file is an upload: announced, then sent, then completed (shared).
type file struct {
	id, name, title, alt string
	length               int
	data                 []byte
	arrived, complete    bool
	created              time.Time
	shares               map[string][]string // room → ts of the messages that show it
}

func uploadURL(c *call) (obj, error) {
	s := c.s
	name := text(c.args, "filename")
	length, err := strconv.Atoi(text(c.args, "length"))
	alt := text(c.args, "alt_txt")
	switch {
	case name == "" || err != nil || length <= 0:
		return nil, no("missing_argument")
	case utf8.RuneCountInString(alt) > 1000:
		return nil, no("alt_txt_too_large")
	case length > 1<<30:
		return nil, no("file_upload_size_restricted")
	case text(c.args, "snippet_type") != "" && length > 1<<20:
		return nil, no("snippet_too_large")
	}
	f := &file{id: newID("F"), name: name, title: name, alt: alt, length: length, created: s.Now(), shares: map[string][]string{}}
	s.files[f.id] = f
	return obj{"upload_url": s.base + "/upload/v1/" + f.id, "file_id": f.id}, nil
}

// serveUpload takes the bytes: multipart with any field, or the bare body.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	entry := Entry{Kind: "upload", Name: r.PathValue("id"), Status: http.StatusOK}
	data, err := uploadedBytes(w, r)
	fault := s.takeFault("upload", obj{"file": r.PathValue("id")})
	s.mu.Lock()
	f := s.files[r.PathValue("id")]
	switch {
	case fault != nil && fault.before():
		entry.Status, entry.Error = max(fault.Status, http.StatusInternalServerError), "failed on demand"
	case err != nil:
		entry.Status, entry.Error = http.StatusBadRequest, err.Error()
	case f == nil || f.arrived:
		entry.Status, entry.Error = http.StatusNotFound, "no such upload"
	case len(data) != f.length:
		entry.Status, entry.Error = http.StatusBadRequest, "length differs from what was announced"
	default:
		f.data, f.arrived = data, true
	}
	s.mu.Unlock()
	s.journal.add(entry)
	if entry.Error != "" {
		http.Error(w, entry.Error, entry.Status)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(data)))
}

func uploadedBytes(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<20)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(part)
		}
	}
}

func completeUpload(c *call) (obj, error) {
	s := c.s
	uploads := objects(c.args, "files")
	if len(uploads) == 0 {
		return nil, noBecause("invalid_arguments", "missing required field: files")
	}
	var done []*file
	for _, u := range uploads {
		f := s.files[text(u, "id")]
		if f == nil || !f.arrived || f.complete {
			return nil, no("file_not_found")
		}
		done = append(done, f)
	}
	names := text(c.args, "channel_id")
	if names == "" {
		names = text(c.args, "channels")
	}
	var rooms []*room
	for _, id := range strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' }) {
		r, err := s.postable(id)
		if err != nil {
			return nil, err
		}
		if r.kind == "channel" && !r.has(s.app.BotUser) {
			return nil, no("not_in_channel")
		}
		rooms = append(rooms, r)
	}
	if len(rooms) > 100 {
		return nil, no("channels_limit_exceeded")
	}
	said := obj{"text": text(c.args, "initial_comment")}
	if said["text"] == "" {
		said["blocks"] = c.args["blocks"]
	}
	body, err := s.contentOf(said)
	if err != nil {
		return nil, err
	}
	shown, ids := []any{}, []string{}
	for i, f := range done {
		f.complete = true
		if title := text(uploads[i], "title"); title != "" {
			f.title = title
		}
		ids = append(ids, f.id)
	}
	for _, r := range rooms {
		thread, err := s.threadOf(r, c.args)
		if err != nil {
			return nil, err
		}
		m := s.put(r, &message{user: s.app.BotUser, byApp: true, text: body.spoken(s), blocks: body.blocks, files: ids, thread: thread})
		for _, f := range done {
			f.shares[r.ID] = append(f.shares[r.ID], m.ts)
		}
	}
	for _, f := range done {
		shown = append(shown, s.fileObject(f))
	}
	s.tell(Change{Kind: "file"})
	return obj{"files": shown}, nil
}

func fileInfo(c *call) (obj, error) {
	f := c.s.files[text(c.args, "file")]
	if f == nil || !f.complete {
		return nil, no("file_not_found")
	}
	return obj{"file": c.s.fileObject(f), "comments": []any{}, "response_metadata": obj{"next_cursor": ""}}, nil
}

func (f *file) mime() string {
	if kind := mime.TypeByExtension(path.Ext(f.name)); kind != "" {
		return kind
	}
	return http.DetectContentType(f.data)
}

// fileObject is a file as the API shows it.
func (s *Server) fileObject(f *file) obj {
	kind := strings.TrimPrefix(path.Ext(f.name), ".")
	url := s.base + "/files-pri/" + s.team.ID + "-" + f.id + "/" + f.name
	o := obj{
		"id": f.id, "created": f.created.Unix(), "timestamp": f.created.Unix(), "name": f.name, "title": f.title, "alt_txt": f.alt,
		"mimetype": f.mime(), "filetype": kind, "pretty_type": strings.ToUpper(kind), "user": s.app.BotUser, "user_team": s.team.ID,
		"editable": false, "size": len(f.data), "mode": "hosted", "is_external": false, "external_type": "", "is_public": false,
		"public_url_shared": false, "display_as_bot": false, "username": "", "url_private": url, "url_private_download": url + "?download=1",
		"media_display_type": "unknown", "permalink": "https://" + s.team.Domain + ".slack.com/files/" + s.app.BotUser + "/" + f.id + "/" + f.name,
		"permalink_public": "", "is_starred": false, "has_rich_preview": false, "file_access": "visible", "comments_count": 0,
	}
	if picture, _, err := image.DecodeConfig(bytes.NewReader(f.data)); err == nil {
		o["original_w"], o["original_h"] = picture.Width, picture.Height
	}
	channels, groups, ims := []any{}, []any{}, []any{}
	public, private := obj{}, obj{}
	for _, id := range s.roomList {
		posts := f.shares[id]
		if len(posts) == 0 {
			continue
		}
		shares := []any{}
		for _, ts := range posts {
			shares = append(shares, obj{"ts": ts, "channel_name": s.rooms[id].Name, "team_id": s.team.ID})
		}
		switch s.rooms[id].kind {
		case "channel":
			channels, public[id] = append(channels, id), shares
		case "im":
			ims, private[id] = append(ims, id), shares
		default:
			groups, private[id] = append(groups, id), shares
		}
	}
	o["channels"], o["groups"], o["ims"] = channels, groups, ims
	o["shares"] = obj{"public": public, "private": private}
	return o
}

// serveFile gives a file's bytes to the app.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	_, id, _ := strings.Cut(r.PathValue("team"), "-")
	f := s.files[id]
	err := s.admit(method{scopes: []string{"files:read"}}, token)
	s.mu.Unlock()
	switch {
	case err != nil: // Slack sends to a login page instead
		http.Error(w, err.Error(), http.StatusForbidden)
	case f == nil || !f.complete:
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", f.mime())
		_, _ = w.Write(f.data)
	}
}

// File gives the bytes and media type of an upload, for a page or a test.
func (s *Server) File(id string) (data []byte, mediaType string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil || !f.arrived {
		return nil, "", false
	}
	return bytes.Clone(f.data), f.mime(), true
}
