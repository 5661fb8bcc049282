// Package roster knows who is who: names, time zones, and who has which of the
// playbook's roles.
//
// Slack is asked for profiles and for the members of user groups; what it said
// is kept in the database, so that people keep their names, zones and roles
// while Slack is down or the bot starts anew. The playbook says which groups
// and members have a role; a role that it leaves out is open to everyone.
//
// Read on: roster.go is what others use, fetch.go how Slack is asked, chat.go
// the words for people who may not, store.go the SQL.
package roster
