# What can be done here; `make help` lists it. Each target first installs what the machine lacks.
PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build/release
LIVEFIX := $(BUILD)/livefix
CXX_FILES = $(shell git ls-files 'src/*.h' 'src/*.cc' 'fuzz/*.h' 'fuzz/*.cc')

.DEFAULT_GOAL := build
.PHONY: help build demo test bench soak fuzz format lint install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build/release/livefix
	@tools/bootstrap build
	@test -e $(BUILD)/build.ninja || cmake --preset release
	@cmake --build --preset release --target livefix

demo: ## a shop in production: a bug, how it is seen, fixed by a push, proven and gone; KEEP=1 leaves it open
	@tools/bootstrap demo
	@$(MAKE) --no-print-directory build
	@demo/run $(if $(KEEP),--keep)

test: ## everything that CI runs; one step: tools/run_tests unit
	@tools/bootstrap build test
	@tools/run_tests

bench: ## save and push to serving beside nodemon, pm2, supervisord and others; the proxy beside nginx and others
	@tools/bootstrap bench
	@$(MAKE) --no-print-directory build
	@cmake --build --preset release --target loadpair --target relay
	@bench/handover/run
	@bench/push/run
	@bench/proxy/run
	@bench/proxy/run --wrk
	@bench/proxy/run --handover
	@bench/proxy/profile
	@bench/observe/run

soak: ## 1,000 handovers of each service under load, 100 with kills and crashes, 100 under gRPC calls, a death at every point of a push, the fuzzers for an hour each
	@tools/bootstrap build test
	@$(MAKE) --no-print-directory build
	tests/loss/run.py --handovers 1000
	tests/loss/run.py --handovers 100 --kill-control --crash-every 3
	tests/loss/run_grpc.py
	tests/crash/run.py
	/usr/bin/python3 -m pytest tests/crash -m soak
	tools/run_tests --fuzz-seconds 3600 fuzz

fuzz: ## the fuzzers, for a minute each
	@tools/bootstrap build test
	@tools/run_tests fuzz

format: ## clang-format over src and fuzz
	@tools/bootstrap build test
	@clang-format-19 -i $(CXX_FILES)

lint: ## layers, format, clang-tidy
	@tools/bootstrap build test
	@tools/run_tests layers format tidy

install: build ## the binary and its completions, below PREFIX=/usr/local
	install -D -m 755 -s $(LIVEFIX) $(DESTDIR)$(PREFIX)/bin/livefix
	$(LIVEFIX) completion bash | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/bash-completion/completions/livefix
	$(LIVEFIX) completion zsh | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_livefix
	$(LIVEFIX) completion fish | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/livefix.fish

clean: ## forget everything that was built
	rm -rf build
