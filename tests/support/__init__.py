"""What the tests share: starting livefix, waiting for its events, talking HTTP to it."""
