package answers

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/search"
)

// Question is one question as it is kept.
type Question struct {
	ID       string
	At       time.Time
	Person   string
	Channel  string
	Via      string
	Words    string
	Verdict  string // answered, near, nothing
	Results  []string
	Playbook string // version
}

// longestQuestion is how much of a question is kept.
const longestQuestion = 1000

var verdictWords = map[search.Verdict]string{search.Answered: "answered", search.NearMisses: "near", search.Nothing: "nothing"}

// recorder writes questions in the background, many in one transaction: an
// answer must not wait for the disk. It loses at most what was asked in the
// last moment before a crash, of something that nobody was told is kept.
type recorder struct {
	db    *database.DB
	log   *slog.Logger
	in    chan *Question // pointers: the room for a backlog is seldom needed
	done  chan struct{}
	lost  atomic.Int64
	flush chan chan struct{}
	// erased is Answers.Erased; before is the last erasure that was over when the
	// recorder began, so that nothing it is given was asked before that.
	erased func(tx *database.Tx, after time.Time) (at time.Time, person bool, err error)
	before time.Time
}

const (
	recordEvery = 100 * time.Millisecond
	recordMost  = 512
	// settleWithin is how long a click waits for its question to be written, which
	// takes as long as a busy disk does.
	settleWithin = 2 * time.Second
	// How many questions wait in memory while the database does not take them.
	recordBacklog = 4096
)

func (a *Answers) newRecorder() *recorder {
	r := &recorder{db: a.DB, log: a.Log, erased: a.Erased, in: make(chan *Question, recordBacklog), done: make(chan struct{}), flush: make(chan chan struct{})}
	if r.erased != nil {
		if err := r.db.Read(context.Background(), func(tx *database.Tx) (err error) {
			r.before, _, err = r.erased(tx, time.UnixMilli(0))
			return err
		}); err != nil {
			r.log.Warn("the last erasure could not be looked up", "error", err) // what is asked now may be kept without its words
		}
	}
	go r.run()
	return r
}

// add keeps a question; it never waits.
func (r *recorder) add(q Question) {
	select {
	case r.in <- &q:
	default:
		if r.lost.Add(1) == 1 {
			r.log.Error("questions are asked faster than the database takes them; some are not recorded")
		}
	}
}

func (r *recorder) run() {
	defer close(r.done)
	batch := make([]Question, 0, recordMost)
	for open := true; open; {
		var waiting chan struct{} // of somebody who needs what was asked
		select {
		case q, ok := <-r.in:
			if open = ok; ok {
				batch = append(batch, *q)
			}
		case waiting = <-r.flush:
		}
		// A moment for more to come: one commit serves them all. Nobody waits for it.
		more := time.NewTimer(recordEvery)
	fill:
		for open && waiting == nil && len(batch) < recordMost {
			select {
			case q, ok := <-r.in:
				if open = ok; ok {
					batch = append(batch, *q)
				}
			case waiting = <-r.flush:
			case <-more.C:
				break fill
			}
		}
		more.Stop()
		if waiting != nil {
			// What was added before the request stands in the channel still.
			for range len(r.in) {
				batch = append(batch, *<-r.in)
			}
		}
		r.keep(batch, open)
		batch = batch[:0]
		if waiting != nil {
			close(waiting)
		}
	}
}

// keep writes a batch, trying again while the database does not take it; at
// the end, when nobody comes any more, once.
func (r *recorder) keep(batch []Question, open bool) {
	for try := 0; len(batch) > 0; try++ {
		err := r.write(batch)
		if err == nil {
			if try > 0 {
				r.log.Info("questions are recorded again", "questions", len(batch))
			}
			return
		}
		if !open || try%300 == 0 { // every five minutes: a full disk is not to fill the log as well
			r.log.Error("questions could not be recorded", "questions", len(batch), "again", open, "error", err)
		}
		if !open {
			return
		}
		time.Sleep(time.Second)
		select {
		case q, ok := <-r.in:
			if !ok {
				open = false
			} else {
				batch = append(batch, *q)
			}
		default:
		}
	}
}

func (r *recorder) write(batch []Question) error {
	return r.db.Write(context.Background(), func(tx *database.Tx) error {
		insert, err := tx.Prepare(`INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`)
		if err != nil {
			return err
		}
		defer insert.Close()
		forgotten, person, err := r.forgotten(tx, batch)
		if err != nil {
			return err
		}
		for _, q := range batch {
			if q.At.Before(forgotten) {
				q.Words = ""
				if person {
					q.Person = chat.Pseudonym()
				}
			}
			results, err := json.Marshal(q.Results)
			if err != nil {
				return err
			}
			if _, err := insert.Exec(q.ID, database.Millis(q.At), q.Person, q.Channel, q.Via, q.Words, q.Verdict, string(results), q.Playbook); err != nil {
				return err
			}
		}
		return nil
	})
}

// erasedAround is how long after an erasure a question still counts as asked
// before it: erasing takes a while, and two machines' clocks differ.
const erasedAround = time.Minute

// forgotten is until when questions are written without their words, because
// somebody was erased who may have asked them, or stand in them: whoever erases
// beside a bot does not see what it has not written yet. That the transactions
// take effect one after the other sees to the rest.
func (r *recorder) forgotten(tx *database.Tx, batch []Question) (until time.Time, person bool, err error) {
	if r.erased == nil {
		return time.Time{}, false, nil
	}
	oldest := batch[0].At
	for _, q := range batch {
		if q.At.Before(oldest) {
			oldest = q.At
		}
	}
	at, person, err := r.erased(tx, oldest.Add(-erasedAround))
	if err != nil || !at.After(r.before) {
		return time.Time{}, false, err
	}
	return at.Add(erasedAround), person, nil
}

// close writes what is left.
func (r *recorder) close() {
	close(r.in)
	<-r.done
}

// settle waits until what was added before is written, so that a click finds
// the question it belongs to.
func (r *recorder) settle(ctx context.Context) {
	reply := make(chan struct{})
	select {
	case r.flush <- reply:
		<-reply
	case <-time.After(settleWithin):
	case <-ctx.Done():
	}
}

// state is what a person did with an answer so far.
type state struct {
	rated   bool
	helpful bool
	shared  bool
}

// words gives a question's words back; ok is false when it was never
// recorded.
func (a *Answers) words(ctx context.Context, id string) (words string, ok bool, err error) {
	read := func() error {
		return a.DB.Read(ctx, func(tx *database.Tx) (err error) {
			ok, err = tx.Row("SELECT words FROM questions WHERE id = $1", []any{id}, &words)
			return err
		})
	}
	if err = read(); err == nil && !ok {
		a.recorder.settle(ctx)
		err = read()
	}
	return words, ok, err
}

func (a *Answers) state(ctx context.Context, question, person, channel, page string) (s state, err error) {
	err = a.DB.Read(ctx, func(tx *database.Tx) error {
		var one int
		if s.rated, err = tx.Row("SELECT helpful FROM ratings WHERE question = $1 AND person = $2 AND page = $3", []any{question, person, page}, &one); err != nil {
			return err
		}
		s.helpful = one == 1
		s.shared, err = tx.Row("SELECT 1 FROM shares WHERE question = $1 AND channel = $2 AND page = $3", []any{question, channel, page}, &one)
		return err
	})
	return s, err
}

// rate keeps whether an answer helped; a later opinion takes the place of an
// earlier one, and why stays unless a new one is given.
func (a *Answers) rate(ctx context.Context, question, person, page, section string, helpful bool, why string) error {
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		yes := 0
		if helpful {
			yes = 1
		}
		_, err := tx.Exec(`INSERT INTO ratings (question, person, page, section, at, helpful, why) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (question, person, page) DO UPDATE SET at = excluded.at, helpful = excluded.helpful,
			why = CASE WHEN excluded.why = '' AND excluded.helpful = ratings.helpful THEN ratings.why ELSE excluded.why END`,
			question, person, page, section, database.Millis(a.Now()), yes, why)
		return err
	})
}

// claimShare reports whether the answer was not yet shared in the channel,
// and keeps that it is now. The primary key lets one of two quick clicks win.
func (a *Answers) claimShare(ctx context.Context, question, person, channel, page, section string) (first bool, err error) {
	err = a.DB.Write(ctx, func(tx *database.Tx) error {
		n, err := tx.Exec(`INSERT INTO shares (question, person, channel, page, section, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (question, channel, page) DO NOTHING`,
			question, person, channel, page, section, database.Millis(a.Now()))
		first = n == 1
		return err
	})
	return first, err
}

// unclaimShare takes a claim back when Slack refused the message.
func (a *Answers) unclaimShare(ctx context.Context, question, channel, page string) error {
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec("DELETE FROM shares WHERE question = $1 AND channel = $2 AND page = $3", question, channel, page)
		return err
	})
}

// opened keeps that somebody opened a page.
func (a *Answers) opened(ctx context.Context, question, person, page, section string) error {
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec("INSERT INTO openings (id, at, person, question, page, section) VALUES ($1, $2, $3, $4, $5, $6)",
			database.NewID(), database.Millis(a.Now()), person, question, page, section)
		return err
	})
}

// Questions reads what was asked since a moment, oldest first, at most limit:
// for the review of the playbook.
func (a *Answers) Questions(ctx context.Context, since time.Time, limit int) ([]Question, error) {
	var out []Question
	err := a.DB.Read(ctx, func(tx *database.Tx) error {
		return tx.Each("SELECT id, at, person, channel, via, words, verdict, results, playbook FROM questions WHERE at >= $1 ORDER BY at, id LIMIT $2",
			[]any{database.Millis(since), limit}, func(rows *sql.Rows) error {
				var q Question
				var at int64
				var results string
				if err := rows.Scan(&q.ID, &at, &q.Person, &q.Channel, &q.Via, &q.Words, &q.Verdict, &results, &q.Playbook); err != nil {
					return err
				}
				q.At = time.UnixMilli(at)
				if err := json.Unmarshal([]byte(results), &q.Results); err != nil {
					return errors.Join(err, errors.New("results of question "+q.ID))
				}
				out = append(out, q)
				return nil
			})
	})
	return out, err
}

// Sheets are what the feature exports beside its tables.
func Sheets() []database.Sheet {
	return []database.Sheet{
		// What the playbook has no answer to, most wanted first: what to write next.
		{Name: "unanswered", Query: `SELECT words, count(*) AS asked, count(DISTINCT person) AS people, max(at) AS last_at
			FROM questions WHERE verdict = 'nothing' AND words <> '' GROUP BY words ORDER BY asked DESC, words`},
	}
}
