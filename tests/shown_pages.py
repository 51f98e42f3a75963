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
