set positional-arguments

# The projects of MadKV: docs/MADKV.md.
mod utils 'just/utils.just'
mod p1 'just/p1.just'
mod p2 'just/p2.just'
mod p3 'just/p3.just'

# List the recipes.
default:
    @just --list

# Install exactly what the lockfile says.
setup:
    npm ci

# Compile src into dist.
build:
    npm run --silent build

# Check format, lint and types.
check:
    npm run --silent check

# Build, then run every test: `just test`, `just test raft`.
test *args:
    npm test --silent -- "$@"

# Run numbered test cases: `just lab raft`, `just lab raft 8 11`.
lab *args:
    @npm run --silent lab -- "$@"

# Run simulated worlds from seeds: `just fuzz 42`.
fuzz *args:
    @npm run --silent fuzz -- "$@"

# Measure: `just bench micro`, `just bench group`.
bench *args:
    @npm run --silent bench -- "$@"

# Run a cluster on this machine with a shell, until Ctrl-C: `just up --groups 3 --replicas 5`.
up *args:
    @npm start --silent -- "$@"

# Run a group of three servers on this machine until Ctrl-C, with its data in data/group.
group *args:
    @npm run --silent group -- "$@"

# Everything that has to pass, as one script.
ci:
    .ci/run
