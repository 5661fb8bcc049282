package search

// thesaurus is what salespeople, and people in offices in general, say for the
// same thing: a group a line. Only what is exchangeable in a question belongs
// into one line. slang.go goes on with it.
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
`
