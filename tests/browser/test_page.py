"""The page on the control port, in Chromium, beside a livefix that serves under load."""

import contextlib
import re
import threading

from support.carts import BUG, FIXED, carts
from support.livefix import PATIENCE
from support.waiting import wait_until

# Enough at each share for a verdict, and time to look; what is worse goes live, too.
SLOWLY = 'steps = ["50%", "100%"]\nbake = "6s"\nwarm = "30s"\nmax_error_rate = "+100%"\nreplay = "off"'
AT_ONCE = 'steps = ["50%", "100%"]\nbake = "0s"'
ENDLESS = 'steps = ["50%", "100%"]\nbake = "10m"\nmax_error_rate = "+100%"\nreplay = "off"'


def serving(shop, handler, rollout=AT_ONCE):
    """The first release serves so."""
    shop.config(rollout=rollout)
    shop.serve()
    shop.release("one", handler=handler)
    pushed = push(shop)
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()


def push(shop):
    return shop.repository.push(shop.url(shop.secret), "main", timeout=120 * PATIENCE)


@contextlib.contextmanager
def pushing(shop):
    """Pushes meanwhile; what Git said is in the list when it is over."""
    said = []
    thread = threading.Thread(target=lambda: said.append(push(shop)), daemon=True)
    thread.start()
    try:
        yield said
    finally:
        thread.join(120 * PATIENCE)
        assert said, "Git is still at it"


def errors_of(page):
    """What the chart says to those who cannot see it."""
    return page.get_by_role("img", name=re.compile("^Errors a second"))


def test_the_curve_falls_after_the_fix_and_the_verdict_says_gone(shop, visit, shot):
    serving(shop, BUG, SLOWLY)
    with carts(shop.port) as load:
        page = visit(shop.secret)
        page.get_by_role("button", name="2 min").click()
        load.more(3000)
        page.get_by_text("Cannot read properties of undefined").first.wait_for()
        assert re.search(r"(1[0-9]|2[0-9])(\.\d)? % now", errors_of(page).get_attribute("aria-label"))
        shot(page, "errors")

        fix = shop.release("two", handler=FIXED)[:7]
        with pushing(shop) as said:
            rollout = page.locator("#rollout")
            rollout.get_by_role("listitem").filter(has_text="50 %").and_(page.locator("[aria-current=step]")).wait_for()
            rollout.locator(".gates .tag").first.wait_for()
            shot(page, "rollout")
            shot_phone(visit, shot, shop, "phone-rollout", there=".gates .tag")
        assert said[0].returncode == 0, said[0].stderr + shop.livefix.story()

        page.locator("[data-mark=promoted]", has_text=f"{fix} live").wait_for()
        page.locator("[data-verdicts]").get_by_text(re.compile("/cart/:id 500: .* gone$")).first.wait_for()
        row = page.locator("#symptoms tbody tr").filter(has_text="/cart/:id")
        row.locator(".tag.good", has_text="gone").wait_for()
        assert row.locator(".tag.bad").count() == 0, "red, though it is gone"
        page.get_by_role("img", name=re.compile("^Errors a second: 0 % now")).wait_for()
        assert "none" in page.locator("[data-tile=errors]").inner_text()
        load.more(2000)
        shot(page, "desktop")
        shot(visit(shop.viewer, scheme="dark"), "dark")
        shot_phone(visit, shot, shop, "phone")
    assert page.trouble == []


def shot_phone(visit, shot, shop, name, there=".chart canvas"):
    page = visit(shop.viewer, width=390, height=844, device_scale_factor=2, is_mobile=True, has_touch=True)
    page.locator(there).first.wait_for()
    shot(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing is wider than a phone"


def test_abort_by_keyboard_takes_the_release_back(shop, visit):
    serving(shop, FIXED)
    shop.reconfigure(rollout=ENDLESS)
    with carts(shop.port) as load:
        load.more(100)
        page = visit(shop.secret)
        shop.release("two", handler=FIXED)
        with pushing(shop) as said:
            page.get_by_role("button", name="Pause").focus()
            page.keyboard.press("Enter")
            page.get_by_role("button", name="Resume").wait_for()
            page.get_by_role("button", name="Abort").focus()
            page.keyboard.press("Enter")
            page.get_by_role("dialog").get_by_text("Take").wait_for()
            page.keyboard.press("Enter")  # the first button of the question has the focus
            page.locator("[data-mark=taken_back]").wait_for()
        assert said[0].returncode != 0 and "anna" in said[0].stderr, said[0].stderr
        page.get_by_text("No rollout is under way").wait_for()
    assert page.trouble == []
    assert shop.history()["rollouts"][0]["outcome"] == "taken_back"


def test_a_viewers_token_presses_no_button(shop, visit):
    serving(shop, FIXED)
    shop.reconfigure(rollout=ENDLESS)
    with carts(shop.port) as load:
        load.more(100)
        page = visit(shop.viewer)
        shop.release("two", handler=FIXED)
        with pushing(shop):
            for name in ("Pause", "Promote", "Abort"):
                button = page.get_by_role("button", name=name)
                button.wait_for()
                assert button.is_disabled(), name
            # Not the page alone says so.
            status = page.evaluate("fetch('/v1/abort', {method: 'POST'}).then((answer) => answer.status)")
            assert status == 403
            assert shop.history()["now"], "it goes on"
            assert shop.command("abort").returncode == 0
    assert page.trouble == []


def test_a_connection_that_drops_is_made_again_and_the_line_goes_on(shop, visit):
    serving(shop, FIXED)
    with carts(shop.port) as load:
        load.more(300)
        page = visit(shop.viewer)
        page.locator(".legend tbody tr").first.wait_for()
        # A new control has no time line of its own, and the page still has the one from before.
        page.evaluate("""() => { window.seen = [];
            new MutationObserver(() => window.seen.push(document.querySelector('.connection').dataset.connection))
              .observe(document.querySelector('.connection'), {attributes: true}); }""")
        seconds = "Number(document.querySelector('[data-seconds]').dataset.seconds)"
        before = page.evaluate(seconds)
        shop.livefix.kill("control")
        wait_until(lambda: page.evaluate("seen.includes('lost') && seen.at(-1) === 'live'"), "it to be live again",
                   30 * PATIENCE, pause=0.1)
        wait_until(lambda: page.evaluate(seconds) > before + 2, "further seconds", 20 * PATIENCE, pause=0.1)
    assert page.locator("[data-mark=promoted]").count() >= 1, "the ledger has it"
    assert page.trouble == []


def test_a_token_that_is_unknown_is_told_so_and_one_that_is_revoked_is_out(shop, visit, shot):
    serving(shop, FIXED)
    page = visit("")
    shot(page, "login")
    page.get_by_label("Token").fill("livefix_guess")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").get_by_text("not known here").wait_for()
    page.get_by_label("Token").fill(shop.viewer)
    page.keyboard.press("Enter")
    page.locator("[data-connection=live]").wait_for()
    cookie, = page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and shop.viewer not in cookie["value"]
    assert shop.command("token", "remove", "viewer").returncode == 0
    page.get_by_label("Token").wait_for()


def test_the_first_load_is_small_and_asks_nobody_else(shop, visit):
    serving(shop, FIXED)
    page = visit("")
    sizes = page.evaluate("""() => performance.getEntriesByType('resource').concat(
        performance.getEntriesByType('navigation')).map((one) => one.encodedBodySize)""")
    assert 10_000 < sum(sizes) < 150 * 1024, sizes
    assert page.trouble == []


def test_a_recorded_failure_is_looked_at_and_what_ran_before_comes_back_by_a_button(shop, visit):
    serving(shop, FIXED)
    shop.release("two", handler=BUG)
    assert push(shop).returncode == 0
    with carts(shop.port) as load:
        load.more(200)
        page = visit(shop.secret)
        page.locator("#requests").get_by_role("link").first.click()
        page.get_by_role("heading", name="Answer").wait_for()
        page.get_by_text(re.compile(r"^HTTP/1.1 500")).first.wait_for()
        page.get_by_role("heading", name="Ask it again").wait_for()
        assert re.search(r"^curl .*/cart/\d+", page.locator("pre").last.inner_text(), re.DOTALL)
        page.go_back()

        page.get_by_role("button", name="Roll back to this").click()
        page.get_by_role("dialog").get_by_role("button", name="Roll back to this").click()
        page.locator("[data-mark=rollback]").wait_for()
        page.locator("#releases li").first.get_by_text(re.compile(r"took \d+")).wait_for()
    assert shop.history()["rollouts"][0]["rollback"] and shop.history()["rollouts"][0]["who"] == "anna"
    assert page.trouble == []
