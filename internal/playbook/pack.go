package playbook

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Pack is every file of the playbook in a tree as one zip archive, and the
// version that Load gives such a playbook: what is needed to read it again when
// the tree has long changed. The error is for a tree that cannot be read, or
// not wholly.
func Pack(fsys fs.FS) (archive []byte, version string, err error) {
	files, problems, err := readFiles(fsys)
	if err == nil {
		err = problems.Err()
	}
	if err != nil {
		return nil, "", fmt.Errorf("pack the playbook: %w", err)
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, f := range files {
		to, err := w.Create(f.name)
		if err == nil {
			_, err = to.Write(f.raw)
		}
		if err != nil {
			return nil, "", fmt.Errorf("pack the playbook: %s: %w", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("pack the playbook: %w", err)
	}
	return packed.Bytes(), versionOf(files), nil
}

// Unpack is the tree that was packed, for Load.
func Unpack(archive []byte) (fs.FS, error) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("unpack a playbook: %w", err)
	}
	return r, nil
}

// versionOf is a fingerprint of all that the files say, and of their names.
func versionOf(files []file) string {
	hash := sha256.New()
	for _, f := range files {
		fmt.Fprintf(hash, "%s\x00%d\x00", f.name, len(f.raw))
		hash.Write(f.raw)
	}
	return hex.EncodeToString(hash.Sum(nil))[:12]
}
