"""What can go wrong for reasons outside Sluice, said so that the reader knows what to do."""


class Failure(Exception):
    """`message` says what is wrong, each line of `remedy` what to do about it; `code` is the command's exit code."""

    def __init__(self, message, *remedy, code=1):
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code

    def __str__(self):
        return "\n  ".join((self.message,) + self.remedy)


# Exit codes; tools/install has the same.
NO_DOWNLOAD = 4
DISK_FULL = 5
NO_JAVA = 6
PORT_IN_USE = 7
NOT_BUILT = 8
NOT_READY = 9
