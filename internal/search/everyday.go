package search

import (
	"strings"
	"sync"
)

// How many pages of a playbook have a word says how telling it is there, but a
// playbook is small: in one that nobody wrote "somebody" into, the word would
// look rare and weigh most. So what everybody knows of English is added. A few
// words say little in any question. Others, of the office and of life around
// it, are what a question is about: without "payroll" no page is an answer to
// "name change in payroll", however well the rest matches.
const (
	faintStress = .35
	topicStress = 1.5
)

const faint = `
get gets got getting go goes going gone went make makes making made do take takes taking took give gives giving gave
put puts putting let lets come comes coming came keep keeps keeping kept want wants wanted wanting need needs like
likes know knows knew known think thinks thinking thought say says saying said tell tells telling told see sees saw
seen look looks looking find use used using try trying happen happens happened work works working thing things stuff
way ways lot lots bit one ones anybody anyone anything anywhere everybody everyone everything somebody someone
something sometimes nobody nothing somewhere else really actually already still yet even ever never always maybe
perhaps also again just quite pretty much many now then today please thanks thank hi hello hey okay ok yes well good
right sure sorry honestly guy guys people person kind sort supposed able may might must shall long since until till
without within around back away
`

const topics = `
vacation vacations pto sabbatical sick sickness illness ill doctor hospital medical maternity paternity parental
pregnancy childcare kindergarten wedding funeral bereavement payroll payday payslip paycheck salary salaries wage
wages bonus pension retirement 401k stocks vesting tax taxes insurance dental health gym perks visa passport
immigration relocation flight flights airline hotel hotels taxi taxis uber mileage airport travel receipt receipts
reimbursement laptop laptops computer computers keyboard headset headphones printer printers scanner charger battery
password passwords wifi vpn router server servers virus firewall browser building desk desks chair chairs room rooms
parking garage elevator kitchen coffee fridge lunch cafeteria toilet badge badges door doors alarm evacuation heating
window windows landlord lease plants weather rain snow temperature football soccer movie music game games birthday
gift gifts wine beer dinner restaurant recipe pizza food cake breakfast snack dog dogs cat cats pet pets car cars bike
bicycle marathon logo logos font fonts photo photos picture pictures print printing kubernetes docker cluster css html
javascript python java php git github bug bugs w9 nda lawsuit court trademark patent copyright shipping warehouse
stockroom inventory parcel refund refunds warranty christmas easter thanksgiving union harassment discrimination
grievance whistleblower school university degree diploma internship intern interns canteen commute subway bus dentist
flu vaccine overtime timesheet timesheets resignation mortgage loan bank yoga election president bitcoin crypto joke
poem horoscope lottery hairdresser plumber appraisal promotion raise probation severance recruiter recruiting
applicant applicants cv resume payslips garnishment w2 1099 i9 deposit dependents beneficiary enrollment deductible
copay disability fsa hsa cobra fmla jury military volunteering tuition stipend commuter anniversary retreat offsite
outing picnic potluck swag tshirt hoodie mug stickers merch bluetooth webcam microphone dock hdmi projector cable
adapter sim iphone android ipad tablet macbook linux ubuntu powerpoint sharepoint jira confluence gitlab jenkins aws
azure terraform ssh ssl dns outage downtime latency helpdesk reboot installer authenticator 2fa mfa phishing malware
ransomware toner cartridge fax copier shredder stapler whiteboard thermostat airconditioning ac lights bulb cleaning
janitor trash recycling locker lockers mailroom courier postage stamps stationery basement stairs lobby keycard fob
furniture ergonomic seating floorplan hostel airbnb rental rideshare lyft layover luggage baggage boarding itinerary
toll fuel petrol diesel halloween hanukkah diwali ramadan karaoke barbecue bbq concert tradeshow booth tea milk
microwave menu vegetarian vegan sushi pancake pancakes lasagna soup salad chicken ledger depreciation accrual accruals
vat irs dividend ipo shareholder shareholders dunning reconciliation bookkeeping subpoena litigation arbitration
changelog sprint backlog standup scrum kanban regex compiler webhook endpoint sdk npm favicon pixel basketball
baseball tennis golf netflix spotify playlist song lyrics guitar piano novel dinosaur planet moon galaxy population
horse bird fish tire tyre pharmacy therapy therapist medicine covid baby babysitter daycare divorce house apartment
rent seo podcast billboard facebook instagram tiktok twitter youtube advertising adwords invoice invoices invoicing production holiday holidays office offices earnings newsletter permit carpool flicker vaccination
translate translation
dictionary grammar math algebra physics chemistry
`

// plain words are only known to be words: "wife" is no misspelt "life".
const plain = `
wife husband brother sister mother father parents friend friends family lady woman women girl boy gentleman kids child children
house home street city town country village river beach mountain north south east west corner
monday tuesday wednesday thursday friday saturday sunday weekend january february march april june july august september october november december
spring summer autumn winter morning afternoon evening night midnight noon yesterday tomorrow tonight
one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty hundred thousand million half double triple dozen
red blue green yellow black white brown orange grey pink purple
big small large little short tall high deep wide narrow heavy dark bright cold warm cool hot dry wet fast slow quick early late young old new
happy sad angry afraid tired hungry bored lazy crazy funny strange weird stupid clever smart brave calm quiet loud rude polite nice kind mean
easy hard simple difficult cheap rich poor free busy empty full clean dirty safe dangerous weak strong soft rough
eat drink sleep walk run drive ride fly swim climb jump fall sit stand lie hold carry push pull throw catch drop lift
laugh cry smile shout whisper sing dance play fight kill hurt break tear burn freeze melt
read write draw paint count add learn teach study speak hear listen watch feel touch smell taste
love hate enjoy prefer hope wish fear worry dream believe doubt guess wonder forget remember
open close start stop begin end finish continue wait stay leave arrive return enter pass cross follow lead join
buy sell pay spend save cost borrow lend steal lose win earn
bring send receive share offer accept refuse agree argue promise lie cheat trust
build fix repair wash cook bake cut mix pour fill
hair head face eyes ears nose mouth hand hands arm arms leg legs foot feet back heart blood brain body
table bed sofa lamp clock mirror picture wall floor roof stairs garden tree flower grass leaf stone wood metal glass plastic paper
shirt shoes hat coat dress bag box bottle cup plate knife fork spoon
bread butter cheese meat fish fruit apple banana sugar salt water juice
school class teacher student lesson book page letter pen pencil story word sentence
police army king queen president minister law crime prison court judge
sun star sky cloud wind storm ice ocean lake island forest desert field farm animal
road bridge station bus ship boat plane wheel engine
number part piece side top bottom middle front edge line circle square
year month week day hour minute second moment time age century
game stock card key ball toy tool box gift idea race team club event trip tour walk talk chat call deal case file form list note plan
world earth nature life death birth peace war truth
`

// everyday holds what is known of English words: how much they are stressed.
// Those of the thesaurus are plain words too, at 1.
var everyday = sync.OnceValue(func() map[string]float32 {
	m := make(map[string]float32, 3500)
	for list, stress := range map[string]float32{faint: faintStress, topics: topicStress} {
		for _, w := range strings.Fields(list) {
			m[w] = stress
		}
	}
	words(thesaurus+slang+plain, func(t token) bool {
		if _, ok := m[t.text]; !ok {
			m[t.text] = 1
		}
		return true
	})
	return m
})

// stress is what a word of a question weighs, measured by its own rarity in
// the playbook.
func stress(word string) float32 {
	if s, ok := everyday()[word]; ok {
		return s
	}
	return 1
}

// english reports whether a word is known to be one, and hence no misspelling
// of a word of the playbook.
func english(word string) bool {
	m := everyday()
	_, ok := m[word]
	if !ok {
		if one, plural := strings.CutSuffix(word, "s"); plural {
			_, ok = m[one]
		}
	}
	return ok
}
