"""The running `aig demo` that every test here drives, and what its log says.

`run` starts the demo and passes its line of JSON in AIG_DEMO. A test makes ordinary calls with an
SDK; what the SDK got is then compared with the rows that the logs API shows for that test.
"""

import json
import os
import sys
import time
import unittest
import urllib.request
import uuid

DEMO = json.loads(os.environ["AIG_DEMO"])
ORIGIN = DEMO["base_url"]
GATEWAY = f"{ORIGIN}/v1/{DEMO['account']}/{DEMO['gateway']}"
# Cloudflare's REST API; the unified endpoints stand below `ai`.
REST = f"{ORIGIN}/client/v4"
AI = f"{REST}/accounts/{DEMO['account']}/ai"
LOGS = f"{REST}/accounts/{DEMO['account']}/ai-gateway/gateways/{DEMO['gateway']}/logs"
TOKEN = {"cf-aig-authorization": f"Bearer {DEMO['token']}"}
# The demo's provider counts one token per word, and repeats the question in its answer.
QUESTION = "Why is the sky blue today?"
QUESTION_TOKENS = 6
MESSAGES = [{"role": "user", "content": QUESTION}]
# How long a row of the log may take to show up; the gateway promises a second.
ROW_DEADLINE = 15

# Addresses outside this machine that anything here asked for.
STRAYED = []


def _keep_home(event, arguments):
    """Refuses every connection that leaves this machine, and every name that is looked up."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host not in (None, "127.0.0.1", "::1", "localhost"):
        STRAYED.append(str(host))
        raise ConnectionRefusedError(f"{host} is not this machine")


sys.addaudithook(_keep_home)


class Arrival:
    """When each piece of a stream arrived, counted from the moment before the request."""

    def __init__(self):
        self.begin = time.monotonic()
        self.times = []

    def watch(self, stream):
        for piece in stream:
            self.times.append(time.monotonic() - self.begin)
            yield piece


class SdkTest(unittest.TestCase):
    def setUp(self):
        self.renew_mark()
        STRAYED.clear()
        self.addCleanup(lambda: self.assertEqual(STRAYED, [], "hosts that were asked for"))

    def renew_mark(self):
        """Rows from here on are told apart from those before."""
        self.mark = uuid.uuid4().hex

    def headers(self):
        """The token, and metadata by which the rows of this test are found."""
        return {**TOKEN, "cf-aig-metadata": json.dumps({"sdk_test": self.mark})}

    def assert_answer(self, text):
        """The whole answer to the question, first word to last."""
        self.assertTrue(text.startswith(f"You said: \u201c{QUESTION}\u201d."), text)
        self.assertTrue(text.endswith("was made on this machine."), text)

    def assert_incremental(self, arrival):
        """Pieces came one by one: a buffered stream would come at once, when its last word is there.

        Compared with the whole duration, so that a slow machine changes nothing.
        """
        first, last = arrival.times[0], arrival.times[-1]
        self.assertGreater(len(arrival.times), 10)
        self.assertLess(first, last / 2, f"the first piece came at {first:.3f} of {last:.3f} s")
        apart = sum(b - a > 0.005 for a, b in zip(arrival.times, arrival.times[1:]))
        self.assertGreater(apart, len(arrival.times) // 3, f"{apart} pauses: {arrival.times}")

    def assert_logged(self, **wanted):
        """One row of this test, and only one, says so; without more words, that it succeeded."""
        wanted = {"success": True, "status_code": 200, "cached": False, **wanted}
        deadline = time.monotonic() + ROW_DEADLINE
        while True:
            rows = self.rows_of_this_test()
            found = [row for row in rows if all(row.get(k) == v for k, v in wanted.items())]
            if len(found) == 1:
                self.assertGreaterEqual(found[0]["duration"], 0)
                return found[0]
            if found or time.monotonic() > deadline:
                seen = [{name: row.get(name) for name in [*wanted, "outcome"]} for row in rows]
                self.fail(f"{len(found)} rows, not one, say {wanted}; there are {seen}")
            time.sleep(0.05)

    def assert_named(self, headers, **wanted):
        """The answer names its row, and the row says what the SDK saw."""
        log_id = headers["cf-aig-log-id"]
        self.assertEqual(headers["cf-aig-event-id"], log_id)
        self.assertEqual(headers["cf-aig-request-id"], log_id)
        self.assertEqual(headers["cf-aig-step"], "0")
        row = self.row(log_id)
        wanted = {"cached": False, "success": True, "status_code": 200, **wanted}
        self.assertEqual({name: row.get(name) for name in wanted}, wanted)
        self.assertGreaterEqual(row["duration"], 0)

    def assert_log_of_break(self, **wanted):
        self.assert_logged(success=False, outcome="upstream_broke", **wanted)

    def rows_of_this_test(self):
        rows = self.rows()
        return [row for row in rows if (row.get("metadata") or {}).get("sdk_test") == self.mark]

    def row(self, log_id):
        deadline = time.monotonic() + ROW_DEADLINE
        while True:
            for row in self.rows():
                if row["id"] == log_id:
                    return row
            if time.monotonic() > deadline:
                self.fail(f"no row {log_id} in the log after {ROW_DEADLINE} s")
            time.sleep(0.05)

    def rows(self):
        request = urllib.request.Request(
            f"{LOGS}?per_page=50", headers={"Authorization": f"Bearer {DEMO['token']}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = json.load(answer)
        self.assertIs(body["success"], True)
        return body["result"]
