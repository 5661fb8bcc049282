package playbook

// Objection is what only a page of kind objection has.
type Objection struct {
	Ask []string // follow-up questions
}

// Template is what only a page of kind template has.
type Template struct {
	Channel string // "email", "linkedin", …; free text
	Cadence string // the sequence it belongs to, or ""
	Step    int    // place in the cadence, from 1; 0 if it has none
	Day     int    // day of the cadence, from 0
}

// Stage is one stage of the sales cycle: what lets a deal in, what is done,
// asked and captured there, and what lets it out.
type Stage struct {
	Order   int
	Entry   []Item
	Actions []Action
	Ask     []string
	Capture []Field
	Exit    []Item
}

// Item is one line of a stage's entry or exit criteria.
type Item struct {
	ID    string
	Label string
	Ask   string // the question that finds it out
	From  string // id of the criterion or field that already confirms it, or ""
}

// Framework is a scored qualification such as MEDDPICC or BANT.
type Framework struct {
	Need     int // how many confirmed criteria make a pass
	Criteria []Criterion
}

// Criterion is one scored line of a framework.
type Criterion struct {
	ID       string
	Label    string
	Ask      string // the must-ask question
	Hint     string
	Required bool // without it no pass, whatever the count
}

// Form is a modal that the playbook prescribes.
type Form struct {
	Fields   []Field
	Submit   string // label of the submit button, or "" for the usual one
	Rules    []Rule
	Reasons  []Option // why somebody may decline what the form sent
	Declines Declines // of the form handoff
}

// Declines says how often a lead goes to and fro whose handoffs are declined.
type Declines struct {
	Again int    // so often whoever works on it may hand it off again
	Then  string // the role that alone may after that
}

// DefaultDeclines holds where the form says nothing: a lead comes back once.
var DefaultDeclines = Declines{Again: 1, Then: "manager"}

// Spent reports whether a lead that was declined so often is only for the role
// Then to hand off.
func (d Declines) Spent(declined int) bool { return declined > d.Again }

// FieldType says what a field takes.
type FieldType string

// The types of fields and captures.
const (
	FieldText     FieldType = "text"
	FieldLongText FieldType = "long_text"
	FieldNumber   FieldType = "number"
	FieldMoney    FieldType = "money"
	FieldDate     FieldType = "date"
	FieldDateTime FieldType = "datetime"
	FieldUser     FieldType = "user"
	FieldChoice   FieldType = "choice"
	FieldChoices  FieldType = "choices"
	FieldYesNo    FieldType = "yes_no"
	FieldURL      FieldType = "url"
	FieldEmail    FieldType = "email"
	FieldPhone    FieldType = "phone"
	FieldLead     FieldType = "lead"
)

// FieldTypes lists all types of fields.
var FieldTypes = []FieldType{FieldText, FieldLongText, FieldNumber, FieldMoney, FieldDate, FieldDateTime, FieldUser,
	FieldChoice, FieldChoices, FieldYesNo, FieldURL, FieldEmail, FieldPhone, FieldLead}

// Field is one input of a form or one thing to capture in a stage.
type Field struct {
	ID          string
	Label       string
	Type        FieldType
	Required    bool
	Options     []Option
	Hint        string
	Placeholder string
	Min, Max    string // as written: a number for amounts and lengths, a date for dates
	From        string // "research", "qualification" or "lead"; "" if nothing prefills it
}

// Option is one choice: what is stored and what people see.
type Option struct {
	Value string
	Label string
}

// Check names what a rule demands of its field.
type Check string

// The checks that rules know.
const (
	CheckIs       Check = "is"
	CheckNotEmpty Check = "not_empty"
	CheckWithin   Check = "within"
	CheckAtLeast  Check = "at_least"
)

// Rule is checked when a form is submitted; Say is shown at the field.
type Rule struct {
	Field   string
	Check   Check
	Is      string  // for CheckIs
	Within  Span    // for CheckWithin: from today
	AtLeast float64 // for CheckAtLeast
	Say     string
}

// Tool is what only a page of kind tool has.
type Tool struct {
	Actions []Action
}

// Event names what can start a clock.
type Event string

// The events that timed actions may wait for.
const (
	EventLeadAssigned    Event = "lead.assigned"
	EventLeadQualified   Event = "lead.qualified"
	EventHandoffSent     Event = "handoff.sent"
	EventHandoffAccepted Event = "handoff.accepted"
	EventCallHeld        Event = "call.held"
	EventStageEntered    Event = "stage.entered"
	// EventWeekStarted is the first working moment of a person's own week.
	EventWeekStarted Event = "week.started"
)

// Events lists all events that timed actions may wait for.
var Events = []Event{EventLeadAssigned, EventLeadQualified, EventHandoffSent, EventHandoffAccepted, EventCallHeld, EventStageEntered, EventWeekStarted}

// Action is something to do in a stage or with a tool. With On and Within it
// is timed: the event starts a clock in working time.
type Action struct {
	ID    string
	Label string
	On    Event
	Who   string // "owner", "ae" or "sdr"; "" if nobody in particular
	// Roles are who has to do it each week, everyone for themself: only where On
	// is EventWeekStarted, and then Who is "".
	Roles    []string
	Within   Span
	Remind   []Span // before the deadline
	Escalate string // role that is told at the deadline
	Repeat   int    // at most so many reminders after the deadline
	Done     string // "button" or the id of a form
}

// Timed reports whether the action has a clock.
func (a Action) Timed() bool { return a.On != "" && !a.Within.IsZero() }

// Onboarding is one step of the path for new hires.
type Onboarding struct {
	Week  int
	Order int
	Tasks []Task
	Quiz  []Question
}

// Task is something a new hire ticks off.
type Task struct {
	ID    string
	Label string
}

// Question is one question of a quiz.
type Question struct {
	Ask     string
	Options []string
	Answer  string // the text of the right option
}
