# SPDX-License-Identifier: Apache-2.0
# What the shell scripts share; sourced, never run. Leaves the caller in the root of the repository.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export LC_ALL=C.UTF-8
export NO_COLOR=1

# Every build of this folder uses the same flags, so that nothing is compiled twice.
jobs="${SPOCKEX_JOBS:-$(nproc)}"
scratch="${SPOCKEX_SCRATCH:-.build}"
swift_flags=(--explicit-target-dependency-import-check error --scratch-path "$scratch" -j "$jobs")

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

need_swift() {
    command -v swift >/dev/null ||
        fail "swift was not found. Install the Swift 6.3 toolchain (swift.org/install) and put it in PATH."
}

# Runs a build, shows its output, and fails on warnings too: the compiler's are errors by the
# package's settings already, SwiftPM's own are not. What it says about the packages that we use,
# and the linker about the toolchain's static libraries, is not ours to mend.
build_without_warnings() {
    local log
    log="$(mktemp)"
    if ! "$@" 2>&1 | tee "$log"; then
        rm -f "$log"
        fail "The build failed."
    fi
    local others
    others="$(ls "$scratch/checkouts" 2>/dev/null | paste -sd '|')"
    if grep -E '(^|[^a-zA-Z])warning: ' "$log" |
        grep -vE "^warning: '(${others:-none})': |$scratch/checkouts/|\.a\([^()]*\.o\):" >&2; then
        rm -f "$log"
        fail "The build has warnings (above); they count as errors."
    fi
    rm -f "$log"
}
