# make demo      the main job, end to end, against the sandbox
# make test      every test
# make soak      200 kills of the real daemon, 10,000 wake-ups, the endpoint's tests in full, 200,000 simulated runs: hours; FIRST=1 SEEDS=50000 for a part
# make mutate    every mutant of the rules against the tests: about an hour; MUTATE="--files OperationTransition --sample 50" for less
# make languages the search judged by ICU, on texts in 31 languages: wants Debian's python3-icu, and downloads 8 MB
# make bench     what it takes, beside what limits it; BENCH="--entries 100000 --runs 5" for less
# make bench-endpoint  reads, events and memory of convod's endpoint, beside nginx and the server itself; BENCH="--seconds 30" for longer
# make bench-large  how cost grows to ten million entries: 25 GB of disk, half an hour
# make docs      the libraries' documentation, in .build/docs
# make manual    the man pages, in .build/man
# make install   into PREFIX (default: ~/.local)
# make uninstall what `make install` put there; the data stays
# make deb       a package for Debian 12 and later, in .build/packages; LINTIAN=yes has lintian judge it
# make dist      the same as an archive with an installer, in .build/packages
# make format    the sources as .swift-format wants them

PREFIX ?= $(HOME)/.local
FIRST ?= 1
SEEDS ?= 200000
DESTDIR ?=
SWIFT ?= swift
# What is built here is what runs for people: optimised. The simulation needs a quarter of the time then. For work on one
# place, `swift build` and `swift test --filter` take less time.
OPTIMISED = -c release -Xswiftc -enable-testing
BINARIES = $(SWIFT) build -c release --show-bin-path
SOURCES = Package.swift Sources Tests Benchmarks Examples
PROGRAMS = convo convod convo-sandbox
# Where each shell looks for the script that completes `convo`, and the man pages (scripts/manual).
SHELLS = bash:share/bash-completion/completions/convo zsh:share/zsh/site-functions/_convo fish:share/fish/vendor_completions.d/convo.fish
PAGES = convo.1 convo-sandbox.1 convo-config.5 convo-search.7 convod.8
UNITS = convod.service convod.path convod.socket convod@.service convod@.path
SYSTEM_UNITS = convod@.service convod@.path
MEASURED = convo convod convo-bench convo-sandbox
# What is installed, and what is measured, holds Swift's libraries, C++'s, SQLite and cmark-gfm in itself: to load them took
# most of a short verb. The linker takes the archives from the folder where there is nothing else. It is
# ld.bfd, which packs the table of addresses that are moved at each start (RELR): a megabyte else. Symbols for debuggers
# stay in .build: they are more than half of a program. Nothing in a program names the folder in which it was built, so that
# the same sources give the same bytes in each (`make dist`).
# A Debian package links SQLite as Debian has it (SQLITE=shared): `convo list` takes a twentieth longer to start, and the
# system's repairs of SQLite reach it.
SQLITE ?= linked-in
VARIANT = $(if $(filter shared,$(SQLITE)),-shared)
ARCHIVES = $(CURDIR)/.build/archives$(VARIANT)
RELEASE = PKG_CONFIG_PATH=$(ARCHIVES) $(SWIFT) build -c release --static-swift-stdlib --disable-local-rpath \
	-Xlinker -L$(ARCHIVES) -Xswiftc -use-ld=bfd -Xlinker -z -Xlinker pack-relative-relocs \
	-Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. -Xcc -ffile-prefix-map=$(CURDIR)=. -Xcxx -ffile-prefix-map=$(CURDIR)=.

PACKAGES = $(CURDIR)/.build/packages
# What a package holds, as it is below /.
TREE = $(CURDIR)/.build/tree$(VARIANT)

.PHONY: manual tree deb dist help build demo test docs soak mutate languages bench bench-endpoint bench-large install uninstall format lint clean

help:
	@sed -n 's/^# //p' Makefile

build:
	@scripts/bootstrap
	$(SWIFT) build $(OPTIMISED)

demo: build
	@scripts/demo "$$($(BINARIES))"

test:
	@scripts/test

docs: build
	@scripts/docs "$$($(BINARIES))"

manual: build
	scripts/manual "$$($(BINARIES))" .build/man

soak: build
	Tests/Processes/kills "$$($(BINARIES))" --kills 200
	Tests/Processes/wakeups "$$($(BINARIES))" --writes 10000
	Tests/Processes/endpoint "$$($(BINARIES))" --appends 500 --kills 50 --malformed 100000 --megabytes 1000 --slowest 120
	CONVO_SIMULATION_FIRST=$(FIRST) CONVO_SIMULATION_SEEDS=$(SEEDS) CONVO_CRASH_STRIDE=1 $(SWIFT) test $(OPTIMISED) --filter ConvoSimulationTests

mutate:
	@scripts/bootstrap
	$(SWIFT) test --package-path Tests/Mutation --scratch-path .build-mutate/tool
	@.build-mutate/tool/debug/mutate $(MUTATE)

languages: build
	Tests/Processes/languages "$$($(BINARIES))"

$(ARCHIVES): Makefile
	@scripts/bootstrap
	mkdir -p $@
	for name in libstdc++.a $(if $(VARIANT),,libsqlite3.a) libcmark-gfm.a libcmark-gfm-extensions.a; do \
		file=$$(clang -print-file-name=$$name); if [ -e "$$file" ]; then ln -sf "$$file" $@/; fi; \
	done
	ln -sf "$$(clang -print-file-name=libgcc_eh.a)" $@/libgcc_s.a
	sed 's|^libdir=.*|libdir=$@|' "$$(pkg-config --variable=pcfiledir sqlite3)/sqlite3.pc" > $@/sqlite3.pc
	touch $@

bench: $(ARCHIVES)
	@scripts/bootstrap bench
	for product in $(MEASURED); do $(RELEASE) --product $$product || exit 1; done
	install -d .build/measured
	cd "$$($(BINARIES))" && install -s $(MEASURED) $(CURDIR)/.build/measured/
	@Benchmarks/run .build/measured $(BENCH)

bench-endpoint: $(ARCHIVES)
	@scripts/bootstrap bench
	for product in convo convod convo-sandbox; do $(RELEASE) --product $$product || exit 1; done
	install -d .build/measured
	cd "$$($(BINARIES))" && install -s convo convod convo-sandbox $(CURDIR)/.build/measured/
	@Benchmarks/endpoint .build/measured $(BENCH)

bench-large: $(ARCHIVES)
	@scripts/bootstrap bench
	$(RELEASE) --product convo-bench
	@Benchmarks/large "$$($(BINARIES))" --svg docs/growth.svg $(BENCH)

install: $(ARCHIVES)
	for program in $(PROGRAMS); do $(RELEASE) --product $$program || exit 1; done
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/systemd/user"
	cd "$$($(BINARIES))" && install -s $(PROGRAMS) "$(DESTDIR)$(PREFIX)/bin/"
	for shell in $(SHELLS); do \
		install -d "$(DESTDIR)$(PREFIX)/$$(dirname "$${shell#*:}")"; \
		"$(DESTDIR)$(PREFIX)/bin/convo" --generate-completion-script $${shell%%:*} > "$(DESTDIR)$(PREFIX)/$${shell#*:}" || exit 1; \
	done
	scripts/manual "$(DESTDIR)$(PREFIX)/bin" .build/man
	for page in $(PAGES); do install -D -m 644 .build/man/$$page "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$page" || exit 1; done
	for unit in $(UNITS); do \
		sed 's|%h/.local/bin/convod|$(PREFIX)/bin/convod|' systemd/$$unit \
			> "$(DESTDIR)$(PREFIX)/share/systemd/user/$$unit" || exit 1; \
	done
	case "$(PREFIX)" in /usr | /usr/local) \
		install -d "$(DESTDIR)$(PREFIX)/lib/systemd/system"; \
		for unit in $(SYSTEM_UNITS); do \
			sed 's|/usr/bin/convod|$(PREFIX)/bin/convod|' systemd/system/$$unit \
				> "$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit" || exit 1; \
		done ;; \
	esac
	@echo "Installed into $(DESTDIR)$(PREFIX). Next: convo service install"

uninstall:
	rm -f $(foreach program,$(PROGRAMS),"$(DESTDIR)$(PREFIX)/bin/$(program)")
	rm -f $(foreach unit,$(UNITS),"$(DESTDIR)$(PREFIX)/share/systemd/user/$(unit)")
	rm -f $(foreach shell,$(SHELLS),"$(DESTDIR)$(PREFIX)/$(lastword $(subst :, ,$(shell)))")
	rm -f $(foreach page,$(PAGES),"$(DESTDIR)$(PREFIX)/share/man/man$(lastword $(subst ., ,$(page)))/$(page)")
	rm -f $(foreach unit,$(SYSTEM_UNITS),"$(DESTDIR)$(PREFIX)/lib/systemd/system/$(unit)")

tree:
	rm -rf "$(TREE)"
	$(MAKE) install DESTDIR="$(TREE)" PREFIX=/usr

deb:
	$(MAKE) tree SQLITE=shared
	scripts/package-deb "$(TREE)-shared" "$(PACKAGES)"
	if [ -n "$(LINTIAN)" ]; then lintian --fail-on error "$(PACKAGES)"/convo_$$(scripts/version)-1_$$(dpkg --print-architecture).deb; fi

dist: tree
	scripts/package-tar "$(TREE)" "$(PACKAGES)"

format:
	$(SWIFT) format format --in-place --parallel --recursive $(SOURCES)

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
	@scripts/check-layers
	@scripts/check-units
	@scripts/public-api --check

clean:
	rm -rf .build .build-mutate
