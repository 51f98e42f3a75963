"""What tests of pages wait for, and look at."""

import pytest


def until(page, function, *given):
    """Wait until a function of the page says so; the page's own policy lets no waiting be done inside of it."""
    for _ in range(400):
        if page.evaluate(function, *given):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"not in 20 seconds: {function}")


def fits(page):
    """Whether nothing of the page stands beyond the window's right side."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def held(page, pattern, **answer):
    """Hold the page's next request to an address of a pattern back; what is returned lets it go, or gives it this `answer`."""
    waiting = []
    page.route(pattern, lambda route: waiting.append(route), times=1)

    def let():
        for _ in range(400):
            if waiting:
                return waiting[0].fulfill(**answer) if answer else waiting[0].continue_()
            page.wait_for_timeout(50)
        pytest.fail(f"nothing asked for {pattern}")

    return let
