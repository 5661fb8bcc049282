package search

import "strings"

// stems overrides the stemmer. Porter joins words that people keep apart
// (customer and custom, conversation and conversion, author and authority) and
// parts words that belong together (sold and sell, decide and decision).
var stems = readStems()

// together lists words that share a term, one family a line; the first is the
// term. A family of one is kept apart from what Porter makes of it.
const together = `
email emails emailed emailing mail mails mailed mailing
business businesses
busy busier busiest
objection objections
objective objectives
object objects
customer customers
custom customs
customize customized customizing customization customizations customise customised customising customisation customizable customisable
import imports imported importing importer
important importance importantly
community communities
communicate communicates communicated communicating communication communications
responsible responsibility responsibilities responsibly
respond responds responded responding response responses responder responders responsive
expense expenses expensed
expensive expensively
policy policies
police
news
marketing marketer marketers
market markets
accounting accountant accountants
conversation conversations conversational
convert converts converted converting conversion conversions converter
author authors
authority authorities
authorize authorizes authorized authorizing authorization authorizations authorise authorised authorising authorisation
executive executives exec execs
execute executes executed executing execution
internal internally
international internationally
intern interns internship internships
general generally
generate generates generated generating generation generator generators
generic
engine engines
evening evenings
terminal terminals
paste pasted pasting pastes
past
organ organs
university universities
universal universally
operator operators
employee employees
employer employers
referral referrals
reference references referenced referencing
refer refers referred referring
signature signatures
personal personally
personnel
persona personas
person persons people
child children
man men
woman women
competitor competitors competition
competitive competitively
decide decides decided deciding decision decisions
describe describes described describing description descriptions
explain explains explained explaining explanation explanations
expand expands expanded expanding expansion
extend extends extended extending extension extensions
submit submits submitted submitting submission submissions
subscribe subscribes subscribed subscribing subscription subscriptions subscriber subscribers
maintain maintains maintained maintaining maintenance
deliver delivers delivered delivering delivery deliveries
compare compares compared comparing comparison comparisons
fail fails failed failing failure failures
succeed succeeds succeeded succeeding success successes successful successfully
pay pays paid paying payment payments
receive receives received receiving
permit permits permitted permitting permission permissions
discover discovers discovered discovering discovery discoveries
recover recovers recovered recovering recovery
intend intends intended intending intent intention intentions
analyze analyzes analyzed analyzing analysis analyses analyse analysed analysing
apply applies applied applying application applications
app apps
send sends sent sending sender
sell sells sold selling
seller sellers
buy buys bought buying
buyer buyers
meet meets met
win wins won winning
lose loses lost losing loss losses
keep keeps kept keeping
say says said saying
tell tells told telling
find finds found finding
give gives gave given giving
take takes took taken taking
write writes wrote written writing
speak speaks spoke spoken speaking
choose chooses chose chosen choosing choice choices
go goes went gone going
get gets got gotten getting
make makes made making
build builds built building
spend spends spent spending
think thinks thought thinking
know knows knew known knowing knowledge
begin begins began begun beginning
run runs ran running
see sees saw seen seeing
come comes came coming
bring brings brought bringing
teach teaches taught teaching
hold holds held holding
forget forgets forgot forgotten forgetting
break breaks broke broken breaking
steal steals stole stolen stealing
grow grows grew grown growing growth
hide hides hid hidden hiding
throw throws threw thrown throwing
feel feels felt feeling feelings
hear hears heard hearing
shut shuts shutting
leave leaves leaving
behavior behaviors behaviour behaviours
favor favors favour favours
favorite favorites favourite favourites
color colors colour colours
labor labour
honor honors honour honours
center centers centre centres
catalog catalogs catalogue catalogues
program programs programme programmes
license licenses licensed licensing licence licences
cancel cancels canceled cancelled canceling cancelling cancellation cancellations cancelation
organize organizes organized organizing organise organises organised organising organizer organiser
organization organizations organisation organisations
prioritize prioritizes prioritized prioritizing prioritise prioritised prioritising prioritization prioritisation
priority priorities
optimize optimized optimizing optimise optimised optimising optimization optimisation
summarize summarized summarizing summarise summarised summarising summary summaries
recognize recognized recognizing recognise recognised recognising recognition
personalize personalized personalizing personalization personalise personalised personalisation
enroll enrolls enrolled enrolling enrollment enrol enrols enrolment
fulfill fulfills fulfilled fulfilling fulfillment fulfil fulfils fulfilment
travel travels traveled traveling travelled travelling traveler traveller
judgment judgement judgments judgements
qualify qualifies qualified qualifying qualifier qualifiers qualification qualifications
disqualify disqualifies disqualified disqualifying disqualification
lead leads
leader leaders leadership
led
hire hires hired hiring
demo demos demoed
process processes processed processing
procession
relate relates related relating
relation relations relationship relationships
active actively
activity activities
activate activates activated activating activation
action actions
act acts acted acting
secretary secretaries
commission commissions commissioned
committee committees
numb
statement statements
listen listens listened listening listener
list lists listed listing listings
hour hours hourly
week weeks weekly
month months monthly
quarter quarters quarterly
day days daily
year years yearly
data datum
index indexes indices indexed indexing
criterion criteria
appendix appendices
matrix matrices
`

func readStems() map[string]string {
	out := make(map[string]string, 700)
	for line := range strings.Lines(together) {
		family := strings.Fields(line)
		for _, w := range family {
			// An underline no word of a text has keeps the family's term from
			// meeting a stem of the same letters.
			out[w] = family[0] + "_"
		}
	}
	return out
}
