// Package outbox makes things happen later, for certain.
//
// Whoever decides that something is to happen adds a [Row] in the same
// transaction as the decision ([Outbox.Add]): either both are on disk or
// neither. A row has a key, and is added once per key. When its time has come
// it is claimed, its kind's handler runs, and it is done; a handler that fails
// is run again, later and later, until the row is given up as dead and shown.
//
// A claim is a lease: the row's next time to look at is put behind the time
// that a handler may take. A crash thus needs nobody to notice it: the time
// comes, and the row is claimed again. Where several processes share the rows, the
// server knows which of them are gone, and their rows are claimed within seconds.
// Whoever lost a row that way, or by [Outbox.Move] or [Outbox.Cancel], can no
// longer complete it.
//
// So a handler may run more than once, and must be able to: it looks at the
// state of things first, and can complete its row in the transaction of its
// own effect ([Job.Done]), which makes the two one.
//
// # How a feature uses it
//
//	o.Handle("handoff.remind", h.remind) // in Register, before Run
//
//	return db.Write(ctx, func(tx *database.Tx) error {
//		if err := insert(tx, handoff); err != nil {
//			return err
//		}
//		_, err := o.Add(tx, outbox.Row{Kind: "handoff.remind", Key: "handoff/" + id + "/remind", Payload: id, At: opened.Add(24 * time.Hour)})
//		return err
//	})
//
//	func (h *Handoffs) remind(ctx context.Context, j outbox.Job) error // reads the state again; nil when nothing is to be done any more
//
// An error runs it again, [Later] does so without counting the try, [Dead]
// gives it up. What is to be seen in Slack goes by the gateway's posts, which
// are rows of this outbox.
//
// Read on: outbox.go is what others use, run.go who works, store.go the SQL,
// heirs.go who takes up what a dead process held, watch.go what an operator sees.
package outbox
