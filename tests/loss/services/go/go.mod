module livefix.dev/tests/service

go 1.19
