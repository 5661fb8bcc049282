// Package database keeps what must not be lost: in one SQLite file (the
// default), or in PostgreSQL when several bots share the work. Which one it is
// says only the target given to [Open]; the SQL that features write is the
// same text on both.
//
// There are two ways in: [DB.Read] and [DB.Write], each a function that gets a
// [Tx]. Inside Write only the Tx may be used: SQLite has one writer, and asking
// for a second waits in vain. On PostgreSQL the function given to Write
// may run again, because another transaction came between; so it sets what it
// returns anew each time and has no effect but through its Tx. What is to
// happen once the rows are safe goes to [Tx.AfterCommit].
// Where nobody needs to know what a statement changed, [Tx.Queue] sends it
// together with others; [DB.WriteRows] is for transactions that take single rows
// in a known state.
//
// # The SQL that is common to both
//
//   - Placeholders are $1, $2, … by number. Instants are Unix milliseconds
//     ([Millis]), identifiers are text made by [NewID], yes and no are 1 and 0.
//     Times are parameters, never now().
//   - ON CONFLICT, RETURNING, excluded., CTEs, partial indexes and windows are
//     fine. Not: ILIKE, ::casts, arrays, JSON operators, CTEs that change data,
//     FOR UPDATE (but for the outbox, which asks [Tx.Dialect]).
//   - sum() and avg() want a CAST(… AS BIGINT) or AS DOUBLE PRECISION: there
//     PostgreSQL gives another kind of number.
//   - Text is compared by its bytes and LIKE minds case, on both. Write ESCAPE
//     where a pattern holds people's words, and NULLS FIRST or LAST where a
//     column that is sorted by may be NULL.
//   - JSON is TEXT with a check, not JSONB: the same bytes come back on both.
//
// # A feature brings its tables
//
// by a step in migrations/, which run at Open: a file of the next number and
// the same name in sqlite/ and in postgres/. The two differ in words only:
// INTEGER is BIGINT there, REAL is DOUBLE PRECISION, TEXT is TEXT COLLATE "C",
// json_valid(x) is x::json IS NOT NULL, and STRICT falls away. Each table has a
// primary key; indexes, foreign keys, checks, defaults and triggers have the
// same names and columns on both; the tables that others refer to do not refer
// back. A step makes tables and inserts no rows, but the one of health. Steps
// that were released are never changed.
//
// Nothing else is to be said anywhere: the tests here compare both schemas and
// prepare every SQL text that stands in a room's code on both databases, and
// [Copy] and the export find the table by themselves. What people want
// exported in other words than the table's, the feature names as a [Sheet].
package database
