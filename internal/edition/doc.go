// Package edition keeps every playbook that was in force, whole, in the
// database. A form that was open while the playbook changed is judged by the
// version that it was opened with (playbook.Shelf); the shelf stands in memory
// and is empty after a start, so it asks here for what it does not have.
//
// An edition is the playbook's files, as they were read: [Editions.Keep] puts
// them away when they come into force, [Editions.Find] reads them again.
package edition
