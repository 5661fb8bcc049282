package search

// thesaurus is what salespeople, and people in offices in general, say for the
// same thing: a group a line. Only what is exchangeable in a question belongs
// into one line.
const thesaurus = `
price, pricing, cost, fee, rate, charge, quote
expensive, too expensive, costly, too much money, overpriced, cheaper, price is too high, pricey, can't afford, steep, price
discount, price reduction, concession, rebate, markdown, better price, lower price, money off
budget, funding, funds, money, spend
no budget, budget frozen, budget cut, no money, can't afford
objection, pushback, concern, resistance, rebuttal
not interested, no interest, no thanks, not for us
no time, too busy, bad time, in a meeting, swamped, busy
send me an email, send me information, send info, send something over, just email me, brush off
call me later, call back, callback, next quarter, next year, not now, not right now, bad timing, later, get back to you
competitor, rival, alternative, other vendor, another vendor, using someone else, incumbent
already have a vendor, happy with current provider, happy with what we have, already use, have a solution, existing vendor
think about it, think it over, need to think, sleep on it, consider it
ask my boss, talk to my manager, check with my team, run it by, not my decision
build in-house, build it ourselves, do it ourselves, homegrown, diy, internal solution
decision maker, economic buyer, budget holder, signer, approver, executive sponsor
champion, internal advocate, sponsor, coach, ally
gatekeeper, assistant, receptionist, secretary, front desk
stakeholder, influencer, buying committee, decision makers
prospect, potential customer, lead, target account
customer, client, account, buyer
icp, ideal customer profile, target market, target customer, ideal customer, who we sell to
persona, buyer profile, job role, buyer persona
pain, pain point, problem, challenge, struggle
need, requirement, use case
timeline, time frame, timeframe, timing, deadline, schedule, when
authority, power to decide, decision power, sign off, signing authority
metrics, numbers, kpi, measures, quantified impact
roi, return on investment, payback, business case, value, savings
benefit, value proposition, value prop, advantage, selling point
close, closing, sign the deal, win the deal, ink
closed lost, lost deal, deal lost, lost reason, why we lost
closed won, won deal, deal won
contract, agreement, msa, terms, paperwork, order form
legal, lawyer, counsel, attorney, redlines
procurement, purchasing, sourcing, vendor onboarding
purchase order, po, order
proposal, quote, offer, bid, estimate
rfp, request for proposal, tender
negotiate, negotiation, bargain, haggle
cancel, terminate, opt out, stop, end
refund, money back, reimburse, chargeback
invoice, bill, billing, payment
commission, incentive, bonus, variable pay, spiff
salary, pay, wage, compensation, remuneration
quota, target, goal, number to hit
forecast, projection, pipeline review, commit
pipeline, funnel, opportunities
opportunity, deal
stage, phase, step
sales cycle, sales process, buying process
discovery, discovery call, needs analysis, first call, fact finding
demo, demonstration, product walkthrough, show the product, presentation
trial, pilot, proof of concept, poc, evaluation, free trial
follow up, check in, chase, nudge, touch base, bump
no reply, no response, went dark, ghosted, gone quiet, unresponsive, silence, not answering
breakup email, last email, closing the file, final email
cadence, sequence, outreach sequence, touch pattern
cold call, cold calling, outbound call, dial
opener, opening line, icebreaker, call intro, first line
cold email, outreach email, prospecting email, first email
email, mail, message
subject line, email subject
template, script, boilerplate, sample
voicemail, voice message, answering machine
phone, telephone, call
linkedin, inmail, connection request, social selling
meeting, appointment, call booked, calendar invite
no show, missed meeting, did not show up, stood up
reschedule, move the meeting, postpone, push back the meeting
agenda, meeting plan
next steps, next step, action items, mutual action plan, close plan
mutual action plan, joint plan, success plan, close plan
summary, recap, notes, minutes
qualify, qualification, vet, screen
disqualify, bad fit, not a fit, walk away
handoff, hand over, pass the lead, transfer, transition
sdr, bdr, sales development rep, business development rep
ae, account executive, closer, sales executive
csm, customer success, customer success manager, account manager
manager, boss, supervisor, team lead
rep, salesperson, seller, sales rep, agent
crm, salesforce, hubspot, customer database
data entry, crm hygiene, log activity, update the record, clean data
research, homework, look up, background check, prepare
referral, introduction, intro, recommendation, word of mouth
reference, case study, success story, testimonial, customer story
onboarding, ramp up, new hire, getting started, first week, new starter, induction
training, coaching, course, enablement, learning
kickoff, kick off, launch, go live, rollout, start of project
implementation, deployment, set up, setup, installation, configure
renewal, renew, extend the contract
upsell, cross-sell, expansion, grow the account
churn, attrition, cancellation, lost customer
security, infosec, data protection, compliance
privacy, gdpr, personal data
integration, connect, api, plug in, sync
feature, functionality, capability
missing feature, roadmap, not supported, feature gap
support, help desk, helpdesk, customer service
escalate, escalation, raise to manager, get help from above
sla, response time, service level
approval, approve, sign off, permission, authorization
policy, rule, guideline, regulation
procedure, process, how to, workflow, steps
territory, region, patch, area
inbound, inbound lead, demo request, web lead
lead source, origin, where it came from
trigger event, buying signal, intent signal
multi-thread, multithread, several contacts, more contacts
free, no charge, at no cost, complimentary
warranty, guarantee
delivery, shipping, shipment, dispatch
vacation, holiday, time off, leave, pto, days off
sick, illness, sick leave, unwell
expense, reimbursement, expense report, claim
travel, trip, business trip, flight
remote, work from home, home office, telework, wfh
laptop, computer, notebook, device
password, login, sign in, credentials, log in
account, profile, user account
delete, remove, erase, get rid of
change, modify, edit, update, alter
create, make, add, new
error, problem, issue, failure, bug
fix, repair, solve, resolve, troubleshoot
begin, start
buy, purchase, order
employee, staff, worker, team member
hire, recruit, hiring, recruiting, recruitment
interview, candidate screening
fire, dismiss, terminate, let go, layoff, dismissal
resign, quit, notice period, leaving the company
complaint, grievance, complain
harassment, bullying, discrimination
insurance, coverage, health plan
picture, image, photo
choose, select, pick
big, large
fast, quick, speed
show, display
steep, pricey, dear, over our budget, out of our price range, costs a fortune, expensive, price
broke, strapped, tight on money, short of cash, cash-strapped, hard up, no money, budget
slammed, swamped, snowed under, flat out, up to my ears, overloaded, buried in work, drowning, busy
burned, stung, bad experience, got burnt, let down, disappointed
brochure, one-pager, pdf, leaflet, flyer, datasheet, deck, slides, collateral, information
shoot me, drop me, ping me, mail me, write me, send me
breach, leak, hack, hacked, security incident, security
questionnaire, security form, assessment, due diligence, audit form
developers, devs, engineers, programmers, coders, our it
code it, program it, build it, knock it together, put it together, develop it, roll our own
spreadsheet, excel, google sheet, worksheet
rival, opponent, other guys, other bidder, competition, competitor
shortlist, in the running, finalist, under consideration, contender
poach, steal, snatch, took over, swipe, hijack
dibs, claim, ownership, reserved, belongs to
whose, who owns, belongs to, owner
dispute, fight, quarrel, argument, conflict, clash, disagree, settle
autopsy, post mortem, postmortem, debrief, retrospective, loss review, lessons learned
underperformer, low performer, struggling rep, weak rep, behind on quota, misses quota
coach, mentor, feedback, train, develop a rep
deadline, due date, drop-dead date, latest date, cut-off, cutoff, time limit, timeline
urgent, urgency, rush, asap, pressing, time-critical
rank, grade, rate, score, assess, evaluate
scorecard, score sheet, rating, scoring
give up, stop trying, quit, throw in the towel, call it a day
attempt, try, touch
dial, ring, phone, call, give a ring, buzz
ringing, dialing, calling, phoning
power dialer, dialer, autodialer, phone system
gong, chorus, call recording, recorded call, conversation intelligence
calendly, chili piper, booking page, scheduling page, booking link
zoominfo, apollo, lead database, data provider
outreach, salesloft, sequencer, sales engagement
duplicate, twice, double entry, same record, copy
merge, combine, join, consolidate
reminder, nudge, heads up, confirmation
confirm, reconfirm, make sure, double-check
appointment, meeting, slot, time slot
answerphone, voicemail, mailbox, after the beep, beep
introduce, introduction, intro, connect, put in touch, present
walkthrough, walk through, tour, demo, presentation
stuck, stalled, stalling, jammed, blocked, not moving, dying, going nowhere
ghosted, ghosting, radio silence, crickets, gone cold, went cold, quiet, no answer, disappeared
cold, dead, dormant, sleeping, inactive
revive, wake up, reactivate, re-engage, win back, bring back, reconnect
goodbye, farewell, breakup, last message, final
solo, on my own, by myself, alone, without help, independently, own
buddy, mentor, shadow, sidekick, partner
newbie, rookie, newcomer, beginner, new here, new rep, just joined, new hire
practise, practice, rehearse, train, drill, dry run, role-play
mock, simulated, pretend, practice
closer, account exec, ae, quota carrier
finance, cfo, finance director, controller, money people, bean counters
ciso, security officer, infosec, it security, security team
cto, cio, it director, head of it
vp, vice president, head, director, leader
ceo, founder, owner, managing director, top boss
cro, chief revenue officer, sales leader, head of sales
revops, revenue operations, sales ops, salesops, operations
fan, supporter, promoter, backer, cheerleader, champion, advocate
blocker, opponent, naysayer, skeptic, detractor
veto, say no, block, stop it
signatory, signer, who signs, person who signs, signs off, sign-off
headquarters, hq, head office, main office, home office
branch, subsidiary, local office, daughter company
headcount, staff size, company size, number of employees
small business, smb, small company, startup, mom and pop, tiny
enterprise, large company, corporation, big company, corporate
industry, sector, vertical, line of business, branch of trade
public sector, government, state agency, authorities
month to month, monthly, no commitment, rolling contract, cancel any time
lock-in, locked in, tied down, bound, commitment, commit
auto-renewal, automatic renewal, renews automatically, evergreen, auto renew
clause, paragraph, contract language
liability, indemnity, warranty
redline, markup, mark-up, changes to the contract, contract changes
nda, confidentiality agreement, non-disclosure
dpa, data processing agreement, data agreement
gdpr, ccpa, privacy law, data protection law, privacy
opt out, unsubscribe, remove me, take me off, do not contact, do not call, blacklist
spam, junk mail, unsolicited
contact details, phone number, contact data
certificate, certification, soc, iso, attestation
encrypt, encryption, data safety, secure
integrate, integration, works with, hook up, plugs into, talks to, connector
roadmap, planned, upcoming, coming soon, in development
workaround, stopgap, manual fix, detour
status quo, as it is, as-is, the way things are, how we do it today, current process
satisfied, happy, content, fine, pleased
postpone, put off, delay, push out, push back, hold off, back burner, later
priority, priorities, top of the list, important right now
reorg, restructuring, reorganization, reorganisation, merger
freeze, frozen, on hold, paused, stop
holidays, vacation, summer break, christmas, out of office, on leave, away
cover, stand in, fill in, substitute, deputy
quarter end, end of quarter, eoq, quarter close, last week of the quarter
predict, projection, forecast, outlook, estimate
sandbag, sandbagging, hold back, understate
commit, sure thing, locked, certain
slip, slipped, pushed, moved out, delayed
amount, deal size, value, contract value, acv, arr
win rate, conversion rate, close rate, hit rate, conversion
sales cycle, time to close, deal length, cycle time
dashboard, report, numbers, metrics, statistics
funnel stage, deal stage, stage, step
advance, move forward, progress, promote, move on
gate, exit criteria, exit criterion, requirements to move on, rule
bypass, skip, get around, override, exception
mandatory, required, must-have, obligatory, compulsory, necessary
field, column
fill in, complete, fill out
log, record, document, write down, note down, enter
transcript, call summary, notes, minutes
percent, percentage
threshold, mark, minimum, cut-off, bar, limit
points, score, lead score
website, site, web page, homepage
webinar, online event, event
download, whitepaper, guide, ebook
web lead, website lead, inbound lead, contact form, demo request, hand raiser
fresh, just came in, brand new
respond, react, reply, answer, get back
turnaround, response time, reaction time, how fast, speed
decline, reject, refuse, turn down, send back, bounce
accept, approve, say yes
kickoff, kick-off meeting, project start, first project meeting
signed, signature, sign, inked, closed
celebrate, won, win, we won
post-sale, after the sale, after signing, customer success
welcome, greet, get started
proof, evidence, proven, prove
quantify, put a number on, measure, calculate, estimate
savings, cost reduction, save money, payback, roi
why now, trigger, trigger event, occasion, news
funding, raised money, investment round, series a
hiring, job ads, job postings, open jobs, recruiting
colleague, coworker, teammate, peer
front desk, switchboard, reception, receptionist, operator, gatekeeper
assistant, secretary, pa, ea, executive assistant
put through, connect me, transfer, patch through
hook, opener, first sentence, opening, intro line
pitch, talk track, spiel, elevator pitch, script
rebuttal, comeback, what to say, response, answer to an objection
wrong, mistake, incorrect, outdated, out of date, error
suggest, propose, recommend, contribute, submit
edit, change, improvement, correction
responsible, in charge, accountable, looks after, owner
rip-off, daylight robbery, outrageous, overpriced, too expensive, price
best price, final price, lowest price, bottom line, last price, discount
cost saving, cost cutting, saving mode, austerity, tighten the belt, budget cut
spending freeze, purchasing stop, buying freeze, no new spending, budget freeze
stressed, hectic, in a hurry, in a rush, busy, no time
documentation, documents, materials, information, brochure
vendor, supplier, provider
renewed with, extended with, stayed with, signed with, under contract
wife, husband, spouse, life partner, business partner, partner
board, management, directors, executives, upper management, leadership
come back to you, get back to you, let you know, think about it, need to discuss
discuss, talk over, talk about, go over, run by
relocate, relocating, relocation, moving offices
program it, program that, code that, develop that, build it ourselves, in-house
app, mobile app, application
export, import, data exchange, interface, integration
erp, sap, netsuite, accounting system
disaster, fiasco, flop, failure, failed, bad experience
refused to use, did not use, never used, nobody used, low adoption, adoption
in january, in february, in march, in april, in may, in june, in july, in august, in september, in october, in november, in december, in spring, in summer, in autumn, in the fall, in winter, in a few weeks, in a few months, in six months, next month, next year, next quarter, call later
ring me, give me a call, call me, phone me
furious, angry, upset, annoyed, mad, irritated
mobile, cell phone, cell, mobile number, phone
erase, delete, remove, wipe
staff, employees, headcount, workforce
stranger, unknown person, cold contact, never met, cold
new office, new branch, new site, new location, expansion
budget authority, power over money, authority over budget, spending authority, purchasing power
turn down, turned down, declined, rejected, refused, sent back
turned us down, decided against us, said no to us, lost deal
ignores me, does not answer, no response, not responding, unresponsive
firm, company, business, organization, organisation
two times, twice, duplicate, double
robot, ai, bot, machine
came second, runner-up, lost, lost deal
missing her number, missing his number, misses the target, below target, behind target, misses quota, underperforming
loves us, likes us, happy customer, enthusiastic, satisfied
dollars, euros, money
tick, check off, fulfil, fulfill, meet, confirm
signatures, approvals, sign-offs
guest, visitor
mess, messy, chaos, dirty data, unclean
untrue, invented, made up, lie, false
stuff to read, something to read, reading material, brochure
too complicated, too complex, too difficult, overkill, too big
too basic, too simple, missing feature
risky, risk, afraid, worried, fear
switch, change over, migrate, replace, move away from
loyal, loyalty, stick with, stay with
proof of concept, pilot, test run, trial period
instalment, installment, pay monthly, payment terms
invoice, bill, billing
holiday cover, vacation cover, stand-in, cover for me, out of office
split, share, divide, fifty-fifty, half each
behind my back, without telling me, without asking
belong, belongs, owned, owner
queue, waiting list, backlog
expire, expires, run out, runs out, end date, renewal date
listen, hear, sit in, shadow
afraid to call, call reluctance, fear of calling, scared to call
awkward, uncomfortable, embarrassing, squirm
persuade, convince, win over, talk into
forward, pass on, pass along, hand on
summarise, summarize, sum up, recap, wrap up
attend, join, come along, participate, take part
invite, bring along, bring in, loop in, get on board
go live, live date, launch date, up and running
half a year, six months
colleague's lead, someone else's lead, another rep
agency, contractor, freelancer, consultant
cost a bomb, cost an arm and a leg, costs the earth, too expensive, price
skint, penniless, out of cash, short of money, no money, no budget
lay off, lay people off, layoffs, cost cutting, downsizing
knee deep, tied up, up to the neck, snowed in, rushed off my feet, overwhelmed, busy
driving, in the car, on the road, on the train, no time
flyer, handout, pamphlet, fact sheet, white paper, brochure
stick it in, put it in, send it in
ten years, for years, loyal customer, long-standing, always worked with
go-ahead, green light, blessing, the ok of, the okay of, buy-in, approval
cofounder, co-founder, founder, business partner, partner
ransomware, malware, phishing, leaks, hackers, cyber attack, data breach
iso, soc 2, certified, certification, compliant, compliance
crossed out, struck out, marked up, changed our terms, redlines
vendor onboarding, supplier registration, vendor registration, procurement
product launch, launch, big project, migration, rollout
cobbled together, put together, hacked together, homemade, self-made, makeshift, spreadsheet
sso, single sign-on, single sign on, saml, login
pen and paper, paper, by hand, manual, manually
no complaints, nothing to complain, works fine, happy
blacklist, blacklisted, suppression list, do not call, do not contact
get out early, leave early, exit early, early termination, cancel
pa, personal assistant, executive assistant, assistant
series b, series c, seed round, funding round, raised capital, funding
passed me, gave me, handed me, pointed me
money guy, money man, purse, finance lead
sysadmin, system administrator, it admin, it guy
rev ops, revenue ops, operations manager
powerful, influential, influence, clout, sway, pull
push through, pushed through, get it done, make it happen
rubber stamp, rubber-stamp, sign off, give the go-ahead
judge, evaluate, assess, measure
trouble, headache, nuisance, annoyance, frustration, issue
snoop, look into, read up on, check out, dig into, stalk, research
lightweight, light version, short version, simple
lock in, nail down, pin down, fix a date, set a date
freeze, freezing, stall, halt, come to a standstill, stuck
below target, under target, under plan, behind plan, missing target
came up with, invented, thought of, found a better
prior, before, beforehand, ahead of
reaction, response, reply, answer
sort of, kind of, type of, which kind
note, noting, jot down, take notes, notes
bidder, tenderer, other vendor, competitor
ticket size, order value, deal size, average deal size
enquiry, inquiry, request, question
sales ready, ready for sales, qualified
shift, move, switch
needs assessment, needs analysis, requirements analysis, discovery
tips, tricks, advice, best practices, how to
no sign of life, no news, haven't heard, heard nothing, no word, silence
turns up, shows up, show up, turn up, appear
left me hanging, left hanging, let me wait, stood me up, no-show
quotation, quote, price offer, proposal, offer
piece, article, post, content
client, customer, account
scared, nervous, anxious, afraid
install, set up, access
hunt, prospect, find new customers, generate leads, lead generation
list of names, call list, cold list
objections, excuses, pushback, pushbacks, stall, reasons not to buy
close rate, win ratio, hit ratio, success rate, win rate
leads are bad, bad leads, poor leads, lead quality
bonus, commission, credit
own the account, account owner, ownership
split the deal, share the deal, split credit, shared credit
deal review, deal check, opportunity review, pipeline review
forecast call, commit call, number call
notes from the call, call notes, minutes, protocol
after hours, weekend, evening
best time to call, when to call, call times
script for, words for, what do i say, how do i say, how to phrase, wording
greeting, hello, introduction, how to introduce
goodbye, ending a call, end the call, hang up
objection handling, handle an objection, answer an objection, overcome
trade, give and take, in return, concession
threaten, threatens, ultimatum, pressure
ceo change, new ceo, new boss, new management, new leadership
takeover, acquisition, acquired, bought by, merger
rep left, colleague left, former rep, ex colleague
contact left, champion left, new contact, left the company
`
