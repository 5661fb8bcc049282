// Package database keeps what must not be lost. Today that is one SQLite
// file; the SQL that features write is the common dialect of SQLite and
// PostgreSQL, so that the latter can join without touching them.
//
// There are two ways in: [DB.Read] and [DB.Write], each a function that gets a
// [Tx]. Placeholders are $1, $2, … by number. Instants are Unix milliseconds,
// identifiers are text made by [NewID]. Inside Write only the Tx may be used:
// there is one writer, and asking for a second would wait for ever.
//
// Migrations lie in migrations/, a folder per database, and run at Open.
package database
