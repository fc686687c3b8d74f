class Refusal(Exception):
    """What a customer did wrong, and the status that says so."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
