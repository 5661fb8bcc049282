package search

// slang is the second half of the thesaurus: how salespeople and their
// prospects really talk, with the tools they call by name.
const slang = `
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
too rich for our blood, rich for our blood, out of our league, above our means, too expensive, price
sharpen your pencil, do better on price, sweeten the deal, sweetener, better price, discount
coffers, piggy bank, empty pockets, capped, spending cap, budget
hands full, full plate, plate is full, full diary, packed calendar, too much on my plate, busy
fire over, shoot over, send over, send me, send information
specs, specification, datasheet, technical details, information
wedded to, married to, committed to, locked in with, loyal to, happy with our supplier
superior, boss, higher-ups, higher up, my boss, manager
above my pay grade, not up to me, out of my hands, not my decision
bulletproof, watertight, secure, safe
pentest, pen test, penetration test, security test
no capacity, no bandwidth, bandwidth, capacity, resources
nerds, techies, tech team, tech guys, coders, developers, our developers
whip up, throw together, build it, knock up
can't handle, doesn't support, can't do, not able to, lacks, lacking, missing feature
connector, plugin, adapter, integration
does the trick, good enough, does the job, works fine, gets the job done
gathered dust, shelfware, sat on the shelf, never took off, nobody used it
pencil me in, put me down for, call me in
q1, q2, q3, q4, quarter, next quarter
flat no, hard no, point-blank, straight no, rejection, not interested
creeped out, creepy, stalked, spied on, watched
handcuffs, shackles, chained, tied up for, locked in
bean counter, number cruncher, finance
wallet, purse, purse strings, budget
insider, mole, ally, roots for us, on our side, champion
horse in the race, horses in the race, in the race, contender, competition
yardstick, benchmark, criterion, measure
road to, path to, way to, steps to
shoe pinches, where it hurts, sore spot, sticking point, pain
pressing, urgent, urgency
defeat, loss, lost deal, losing
tally, count, points, score
tidy up, clean up, correct, fix
url, web address, link
replay, rewatch, watch again, listen again, recording
twin, twins, doubles, duplicate
warm, warmest, hot, hottest, hot leads
steer, guide, coach, manage
seller, salesperson, sales rep, rep
handbook, manual, guidebook, playbook
shave off, knock off, take off, come down, lower, reduce, discount
sweet spot, best fit, perfect fit, ideal customer
squabble, row, quarrel, spat, tug of war, dispute
stale, obsolete, outdated, out of date
key figures, indicators, metrics, measures
bump up, raise, push up, increase, boost
grilling, interrogation, inspection, review
first rights, first dibs, priority, who owns
carve up, carve-up, split, divide, distribution
ink on paper, get ink, on the dotted line, signature, signed
weed out, filter, filter out, sort out, disqualify, screen
horse trading, haggling, bargaining, negotiation
out of the blue, cold, unsolicited, unannounced
parting, farewell, goodbye, last
blown off, stood up, skipped, bailed, no-show
vouch for us, put in a good word, recommend us, speak for us, referral
butterflies, stage fright, nerves, nervous, first calls
log jam, logjam, bottleneck, jam, stuck
baton, torch, reins, handover
bar, hurdle, requirement, condition
brief, inform, bring up to speed
`
