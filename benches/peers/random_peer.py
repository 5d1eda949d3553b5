"""Numbers that are the same in Rust and in Python."""


class Random:
    """The numbers of benches/peers/random.rs."""

    def __init__(self):
        self.state = 1

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n
