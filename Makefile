# Two commands for a newcomer: make demo, make test. Both do all set-up.

GO      ?= go
VERSION ?= $(shell git describe --tags --always 2>/dev/null || echo development)

.PHONY: build demo serve test vuln postgres bench soak lint clean

build: ## bin/sopbot
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/sopbot ./cmd/sopbot

demo: build ## the bot and a local Slack in the browser: no token, no network, no set-up
	./bin/sopbot demo

serve: build ## the bot in your workspace; see README.md
	./bin/sopbot serve

postgres: ## installs Debian's PostgreSQL for the tests where it is missing; runs no server
	@sh scripts/postgres.sh

test: postgres ## everything, as CI runs it
	@test -z "$$(gofmt -l cmd internal *.go)" || { echo "not formatted (gofmt -w):"; gofmt -l cmd internal *.go; exit 1; }
	$(GO) vet ./...
	$(GO) run ./cmd/sopbot lint playbook
	@GO="$(GO)" scripts/vuln.sh
	@scripts/chromium.sh
	$(GO) test -race -timeout 14m ./...
	$(GO) test -run HostileText ./cmd/sopbot # too slow under the race detector

vuln: ## known vulnerabilities in what is called, by govulncheck; says loudly where its database cannot be reached
	@GO="$(GO)" scripts/vuln.sh

bench: postgres ## the figures of docs/figures.md
	$(GO) test -run '^$$' -bench . -benchtime 2s ./internal/...
	$(GO) test -run '^$$' -bench Serve -benchtime 100000x ./cmd/sopbot
	$(GO) test -run '^$$' -bench 'HandoffSubmit|HandoffToSlack' -benchtime 400x ./cmd/sopbot
	$(GO) test -run '^$$' -bench 'Handoffs$$' -benchtime 2000x ./cmd/sopbot
	$(GO) test -run '^$$' -bench Mixed -benchtime 12000x ./cmd/sopbot
	$(GO) test -run '^$$' -bench HandoffIdle -benchtime 1x ./cmd/sopbot
	@scripts/chromium.sh
	$(GO) test -run '^$$' -bench Page -benchtime 100x ./cmd/sopbot

picture: ## docs/demo.png, from the real demo
	@scripts/chromium.sh
	$(GO) test -count 1 -run TestThePictureOfTheReadme ./cmd/sopbot
	cp tmp/pictures/demo.png docs/demo.png

soak: postgres ## what is too long for every day: 100 rounds of kill -9 on each database, a month of trouble, each fuzz test for a minute
	SOPBOT_SOAK=1 $(GO) test -count=1 -v -timeout 30m -run 'Killed|HappensOnce|IsToldOnce' ./internal/database ./internal/outbox ./internal/deadline
	SOPBOT_SOAK=1 $(GO) test -count=1 -v -timeout 45m -run 'SurviveKills|CrashesOfTheServer|FaultySlack|SlackFails|Frozen|TwoDecisionsAtOnce|TwoBots|RollingRestart|Burst' ./cmd/sopbot ./internal/gateway
	SOPBOT_SOAK=1 $(GO) test -count=1 -v -timeout 20m -run 'AMonthOfTrouble' ./cmd/sopbot
	@for p in $$($(GO) list ./internal/... ./cmd/...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; least=50x; begin=; \
			case $$f in $(SLOW_TO_FUZZ)) least=1x; rm -rf tmp/fuzz; begin="-args -test.fuzzcachedir=$(CURDIR)/tmp/fuzz";; esac; \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s -fuzzminimizetime $$least $$p $$begin || exit 1; \
		done; \
	done

# Where an input takes tens of milliseconds, the minute is for new ones: not for shortening each that looks new, nor for those of earlier minutes.
SLOW_TO_FUZZ = FuzzBook|FuzzGesture

lint: ## golangci-lint, where it is installed; the rules have their reasons in .golangci.yml
	golangci-lint run ./...

clean:
	rm -rf bin tmp
