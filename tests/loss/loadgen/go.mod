module livefix.dev/tests/loadgen

go 1.19
