# What a contributor does here. Every target installs what it needs (as root or with sudo) and may be the first one.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo lab lab-test test endure simulate mutants lint bench crash build install

PREFIX ?= /usr/local
# A release carries Swift's library, so that it runs where no Swift is. All build folders are in .build.
# Coloured on a terminal and plain elsewhere are two builds to SwiftPM, which makes everything anew for the other one.
RELEASE := swift build -c release --static-swift-stdlib --no-color-diagnostics
# An import that Package.swift does not declare works by accident, and only until the build's order changes.
STRICT := --explicit-target-dependency-import-check error
BINARIES := .build/release
SEEDS ?= 10000

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS=$$'\t' read -r target text; do \
	  printf '  make %-9s %s\n' "$$target" "$$text"; done

demo: build ## deploy a service, watch a bad version roll back, kill the engine, resume it, verify the record
	@examples/quickstart/demo.sh $(BINARIES)/belay

lab: ## bring up a small Echo AI on loopback, with the vendors around it, for the playbooks to be tried on
	@.ci/packages lab
	@examples/echo-ai/lab up

lab-test: build ## play the playbooks in the lab, with its faults, an hour and a half; LAB=--few for some, LAB='--only NAME', LAB=--list
	@.ci/packages lab
	@Tests/Lab/lab_test.py $(BINARIES)/belay $(LAB)

test: ## build, and run every test
	@.ci/packages
	swift build --build-tests $(STRICT)
	swift test --disable-xctest $(STRICT)

endure: ## a million events, ten thousand steps: that memory stays flat; about ten minutes
	@.ci/packages
	BELAY_ENDURE=1 swift test --disable-xctest $(STRICT) --filter Endurance

simulate: build ## play chance playbooks with faults in a simulated world; SEEDS=100000 for the long run
	@$(BINARIES)/simulate --seeds $(SEEDS) --coverage

mutants: ## break the engine on purpose, one way at a time: the simulation must notice each; about 15 minutes
	@.ci/packages
	@Tests/Mutants/mutants.py

lint: ## check the style
	swift format lint --strict --recursive Package.swift Sources Tests
	@for script in .ci/run .ci/packages examples/quickstart/demo.sh examples/echo-ai/lab examples/echo-ai/bin/pg_dump \
	  examples/echo-ai/app/start.sh; do bash -n "$$script"; done

bench: build ## measure, as ratios to what the machine can do; BENCH=--once for a quick look
	@.ci/packages bench
	@python3 Tests/Benchmarks/bench.py $(BINARIES)/belay $(BENCH)

crash: build ## kill belay and its keeper at every boundary (an hour); CRASH='--sample 400' for some of them
	@.ci/packages crash
	@Tests/CrashDriver/crash.py $(BINARIES)/belay $(CRASH)

build: ## a release build in .build/release
	@.ci/packages
	$(RELEASE) $(STRICT)

install: ## copy a built belay, its keeper and its completions to PREFIX (/usr/local)
	@test -x $(BINARIES)/belay || { echo "Nothing is built yet: make build" >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BINARIES)/belay $(BINARIES)/belay-keeper $(DESTDIR)$(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
	$(BINARIES)/belay --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/belay
	$(BINARIES)/belay --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_belay
	$(BINARIES)/belay --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/belay.fish
