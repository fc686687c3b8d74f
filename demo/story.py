"""The story: a bug in production is seen, a wrong fix is refused, the right one is proven, and the bug is gone."""

import time

from screen import BAD, COMMAND, FIGURES, GOOD, STRONG, Failure, heading, plural, say

LEAST = 500  # requests; an idle demo proves nothing


def seconds(value):
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def go_on(load, duration):
    """Lets the load run, then says what it saw."""
    before = load.total()
    time.sleep(duration)
    now = load.total()
    say(f"  load: {plural(now['sent'] - before['sent'], 'request')} in {duration:g} s, "
        f"{now['bug'] - before['bug']} answered 500, {now['lost'] - before['lost']} lost",
        BAD if now["lost"] else FIGURES)


class Story:
    """What is told at the end, as it becomes known. Times are of time.monotonic()."""

    def __init__(self, server, desk, load):
        self.server, self.desk, self.load = server, desk, load
        self.listed = self.fix = None

    def tell(self):
        self.open()
        self.see_the_bug()
        self.push_a_wrong_fix()
        self.push_the_fix()
        go_on(self.load, 2)
        heading("What is on record:")
        self.server.show("history")

    def open(self):
        heading("The shop goes live, by a push like all that follow.")
        self.desk.commit("the shop, as it opens")
        if not self.desk.push().taken:
            raise Failure("the first push was refused")
        heading("Customers come. Those who leave the coupon empty get 500: the bug.")
        self.load.start()

    def see_the_bug(self):
        end = time.monotonic() + 20
        while not any(one["status"] == 500 for one in self.server.symptoms()):
            if time.monotonic() > end:
                raise Failure("no symptom was seen")
        self.listed = time.monotonic()
        go_on(self.load, 2.5)
        heading("livefix has seen it, with the line that the program printed about it:")
        self.server.show("symptoms")

    def push_a_wrong_fix(self):
        heading("A fix in a hurry, with a brace too many:")
        say("  src/cart.js: module.exports  →  } module.exports", COMMAND)
        before = self.desk.live()
        self.desk.edit("src/cart.js", "module.exports", "}\nmodule.exports")
        self.desk.commit("fix: checkout")
        if self.desk.push().taken or self.desk.live() != before:
            raise Failure("a commit that cannot run went live")
        self.desk.git("reset", "-q", "--hard", "HEAD~1")
        go_on(self.load, 1)

    def push_the_fix(self):
        heading("The right one:")
        say("  src/coupons.js: coupon ?? NONE  →  coupon || NONE", COMMAND)
        self.desk.edit("src/coupons.js", "coupon ?? NONE", "coupon || NONE")
        self.desk.commit("fix: checkout with an empty coupon")
        self.fix = self.desk.push()
        if not self.fix.taken:
            raise Failure("the fix was refused")

    def report(self):
        """Says what happened, and raises Failure when it is not what should have happened."""
        total = self.load.total()
        self._customers(total)
        self._times()
        for loss in self.load.losses[:10]:
            say(f"  lost: {loss}", BAD)
        if total["lost"]:
            raise Failure(f"{plural(total['lost'], 'request')} lost")
        if total["sent"] < LEAST:
            raise Failure(f"only {total['sent']} requests were made, at least {LEAST} were expected")
        say()
        say(f"  {plural(total['sent'], 'request')}, 0 lost.", GOOD)

    def _customers(self, total):
        width = max(map(len, self.load.counts))
        heading("What the customers saw")
        say(f"  {'client':{width}}  {'sent':>6}  {'answered':>8}  {'500 by the bug':>14}  {'lost':>4}")
        for kind, count in [*self.load.counts.items(), ("all", total)]:
            say(f"  {kind:{width}}  {count['sent']:6}  {count['answered']:8}  {count['bug']:14}  "
                f"{count['lost']:4}", STRONG if kind == "all" else "")

    def _times(self):
        if not self.load.bugs:
            raise Failure("nobody met the bug: there was nothing to fix")
        began = self.fix.began
        proven, replay = self.fix.when(r"replay +(.*)")
        live, _ = self.fix.when(r"100 % · live")
        _, verdict = self.fix.when(r"POST /api/checkout 500: (.*gone)")
        helped = min((sent for sent in self.load.helped if sent >= began), default=None)
        if helped is None:
            raise Failure("the fix did not go live: checkout without a coupon never succeeded")
        last = max(answered for _, answered in self.load.bugs) - began
        heading("From the first customer who met the bug")
        listed = self.listed - min(answered for _, answered in self.load.bugs)
        say(f"  {seconds(listed):>8}  livefix tells it, with its line and its share")
        heading("From git push to a bug that is gone")
        for when, what in sorted([(proven, f"proven, before any customer met it: {replay[1]}"),
                                  (helped - began, "the first customer whom it helped"),
                                  (max(last, 0), "the last customer who met the bug"),
                                  (live, f"live for all; {verdict[1]}")]):
            say(f"  {seconds(when):>8}  {what}")
        late = [sent for sent, _ in self.load.bugs if sent > began + live]
        if late:
            raise Failure(f"{len(late)} times 500 after the fix was said to be live")
