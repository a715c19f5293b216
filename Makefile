# SPDX-License-Identifier: Apache-2.0
# Short names for the scripts; each does its own set-up.

PREFIX ?= /usr/local
DESTDIR ?=
export PREFIX DESTDIR

.DEFAULT_GOAL := help
.PHONY: help demo test check build release install uninstall clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo: ## two nodes on this machine meet, are parted, and find each other again
	@scripts/setup
	@scripts/build program
	@scripts/demo

test: ## all tests; those that need root are skipped by name without it
	@scripts/test

check: ## formatting, imports, sizes, banned calls
	@scripts/check

build: ## everything, for debugging
	@scripts/setup
	@scripts/build

release: ## the program as it is installed
	@scripts/setup
	@scripts/build release

install: ## builds for release and installs below PREFIX (/usr/local)
	@scripts/install

uninstall: ## removes what install has installed
	@scripts/install remove

clean: ## removes everything that was built
	@rm -rf .build .build-*
