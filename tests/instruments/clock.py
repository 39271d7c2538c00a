"""The time that a request has for Firestore, in the hands of a test: how fast the machine is decides nothing."""


class StoppedClock:
    """Stands in for the module ``time``: it stands still until somebody sleeps, or a test lets time pass."""

    def __init__(self) -> None:
        self._now = 1000.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        """Returns at once, that much later."""
        self._now += seconds

    def run_out(self) -> None:
        """The time of every request that is under way is up."""
        self.sleep(1_000_000)
