"""What went wrong behind the API, whoever asked? `api.http.problems` makes an answer of it."""


class UnavailableError(Exception):
    """Something behind the API does not answer; the text is what the caller may know."""
