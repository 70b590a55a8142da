"""Cloudflare's own SDK on the control plane: gateways, logs, and what is not served yet."""

import contextlib
import time
import unittest
import urllib.error
import urllib.request

import cloudflare
import openai

from demo import DEMO, GATEWAY, LOGS, MESSAGES, QUESTION_TOKENS, REST, SdkTest

DISTRIBUTIONS = ["cloudflare"]
ACCOUNT = {"account_id": DEMO["account"]}
# What the SDK insists on when a gateway is made or changed.
NOTHING_ON = {
    **ACCOUNT,
    "cache_invalidate_on_update": False,
    "cache_ttl": None,
    "collect_logs": True,
    "rate_limiting_interval": None,
    "rate_limiting_limit": None,
}


class Cloudflare(SdkTest):
    def setUp(self):
        super().setUp()
        self.client = self.enterContext(client_with(api_token=DEMO["token"]))
        self.gateways = self.client.ai_gateway
        self.logs = self.gateways.logs

    def make(self, gateway, **settings):
        made = self.gateways.create(id=gateway, **{**NOTHING_ON, **settings})

        def remove():
            with contextlib.suppress(cloudflare.NotFoundError):
                self.gateways.delete(gateway, **ACCOUNT)

        self.addCleanup(remove)
        return made

    def ids(self, **query):
        return [gateway.id for gateway in self.gateways.list(**ACCOUNT, **query)]

    def test_a_gateways_life(self):
        made = self.make("sdk-life")
        self.assertEqual((made.id, made.collect_logs, made.cache_ttl), ("sdk-life", True, 0))
        self.assertIs(made.is_default, False)
        got = self.gateways.get("sdk-life", **ACCOUNT)
        self.assertEqual(got.created_at, made.created_at)
        # The SDK sends no name when it changes a gateway.
        changed = self.gateways.update(
            "sdk-life",
            **{**NOTHING_ON, "collect_logs": False, "cache_ttl": 300},
            authentication=True,
        )
        self.assertEqual(
            (changed.collect_logs, changed.cache_ttl, changed.authentication), (False, 300, True)
        )
        self.assertGreaterEqual(changed.modified_at, made.modified_at)
        self.assertEqual(self.gateways.get("sdk-life", **ACCOUNT).cache_ttl, 300)
        self.assertEqual(self.gateways.delete("sdk-life", **ACCOUNT).id, "sdk-life")
        self.assert_refused(404, 7002, lambda: self.gateways.get("sdk-life", **ACCOUNT))
        self.assert_refused(404, 7002, lambda: self.gateways.delete("sdk-life", **ACCOUNT))

    def test_settings_of_the_sdk(self):
        made = self.make(
            "sdk-settings",
            cache_ttl=60,
            rate_limiting_interval=60,
            rate_limiting_limit=10,
            rate_limiting_technique="fixed",
            authentication=True,
            retry_backoff="linear",
            retry_delay=10,
            retry_max_attempts=2,
        )
        self.assertEqual((made.cache_ttl, made.rate_limiting_interval), (60, 60))
        self.assertEqual((made.rate_limiting_limit, made.authentication), (10, True))
        self.assertEqual((made.retry_backoff, made.retry_delay), ("linear", 10))
        self.assertEqual(made.retry_max_attempts, 2)

    def test_pages_end(self):
        for number in range(5):
            self.make(f"sdk-page-{number}")
        # The SDK asks for page after page until one is empty.
        paged = self.ids(per_page=2)
        self.assertEqual(len(paged), len(set(paged)))
        self.assertLessEqual({f"sdk-page-{number}" for number in range(5)}, set(paged))

    def test_the_same_id_twice_is_refused(self):
        self.make("sdk-twice")
        self.assert_refused(400, 7001, lambda: self.make("sdk-twice"), "exists already")

    def test_a_made_gateway_serves(self):
        self.make("sdk-serves", authentication=True)
        place = GATEWAY.replace(f"/{DEMO['gateway']}", "/sdk-serves")

        def ask(headers):
            with openai.OpenAI(
                base_url=f"{place}/openai", api_key="x", default_headers=headers, max_retries=0
            ) as client:
                return client.chat.completions.create(model="m", messages=MESSAGES)

        self.assert_answer(ask(self.headers()).choices[0].message.content)
        with self.assertRaises(openai.AuthenticationError):
            ask({})

    def test_logs(self):
        with openai.OpenAI(
            base_url=f"{GATEWAY}/openai",
            api_key="x",
            default_headers=self.headers(),
            max_retries=0,
        ) as client:
            for model in ["first", "second", "third"]:
                client.chat.completions.create(model=f"{model}-{self.mark}", messages=MESSAGES)
                self.assert_logged(model=f"{model}-{self.mark}")
        page = self.logs.list(DEMO["gateway"], **ACCOUNT, per_page=1)
        row = page.result[0]
        self.assertEqual((row.provider, row.model), ("openai", f"third-{self.mark}"))
        self.assertEqual((row.tokens_in, row.success), (QUESTION_TOKENS, True))
        self.assertEqual(len(self.logs.list(DEMO["gateway"], **ACCOUNT, per_page=3).result), 3)
        # All pages, as the SDK goes through them; rows are not served twice.
        ids = []
        for row in self.logs.list(DEMO["gateway"], **ACCOUNT, per_page=2):
            ids.append(row.id)
            if len(ids) == 7:
                break
        self.assertEqual(len(set(ids)), len(ids))

    def test_a_row_its_bodies_and_what_is_said_of_it(self):
        self.make("sdk-rows", authentication=True)
        place = GATEWAY.replace(f"/{DEMO['gateway']}", "/sdk-rows")
        with openai.OpenAI(
            base_url=f"{place}/openai",
            api_key="x",
            default_headers=self.headers(),
            max_retries=0,
        ) as client:
            raw = client.chat.completions.with_raw_response.create(
                model="gpt-4o-mini", messages=MESSAGES
            )
        id, here = raw.headers["cf-aig-log-id"], {**ACCOUNT, "gateway_id": "sdk-rows"}
        # A row is there within a second of its answer.
        until = time.monotonic() + 30
        while id not in [row.id for row in self.logs.list("sdk-rows", **ACCOUNT)]:
            self.assertLess(time.monotonic(), until, "the row did not come")
        row = self.logs.get(id, **here)
        self.assertEqual((row.model, row.tokens_in), ("gpt-4o-mini", QUESTION_TOKENS))
        self.assertGreater(row.cost, 0)
        self.assertEqual(self.logs.request(id, **here)["messages"], MESSAGES)
        self.assertEqual(self.logs.response(id, **here)["model"], "gpt-4o-mini")
        self.logs.edit(id, **here, feedback=1, score=80)
        self.assertEqual(self.logs.get(id, **here).feedback, 1)
        self.logs.delete("sdk-rows", **ACCOUNT)
        self.assert_refused(404, 7002, lambda: self.logs.get(id, **here))

    def test_rows_of_a_gateway_that_is_not_there(self):
        self.assert_refused(404, 7002, lambda: self.logs.list("no-such-gateway", **ACCOUNT))

    def test_who_may_ask(self):
        with client_with(api_token="nobody") as client:
            self.assert_refused(401, 10000, lambda: client.ai_gateway.list(**ACCOUNT))
        # Cloudflare's global key, in headers of its own, is nothing that exists here.
        with client_with(api_key=DEMO["token"], api_email="a@example.com") as client:
            self.assert_refused(401, 10000, lambda: client.ai_gateway.list(**ACCOUNT))
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(LOGS, timeout=60)
        with raised.exception as answer:
            self.assertEqual(answer.status, 401)

    def test_settings_that_are_not_performed_are_refused(self):
        # Each in force at Cloudflare, and nothing here would do it: no such gateway is made.
        for setting in [
            {"zdr": True},
            {"logpush": True},
            {"workers_ai_billing_mode": "unified"},
        ]:
            (name,) = setting
            with self.subTest(name):
                self.assert_refused(400, 7001, lambda: self.make("sdk-never", **setting), name)
        self.assertNotIn("sdk-never", self.ids())

    def test_what_is_not_served_says_so(self):
        """What comes later is taken out of this list when it comes, and tested above."""
        gateway = DEMO["gateway"]
        calls = {
            "datasets": lambda: self.gateways.datasets.list(gateway, **ACCOUNT),
            "evaluations": lambda: self.gateways.evaluations.list(gateway, **ACCOUNT),
            "evaluation types": lambda: self.gateways.evaluation_types.list(**ACCOUNT),
            "routes": lambda: self.gateways.dynamic_routing.list(gateway, **ACCOUNT),
            "credit": lambda: self.gateways.billing.credit_balance(**ACCOUNT),
        }
        for name, call in calls.items():
            with self.subTest(name):
                self.assert_refused(404, 7000, call)

    def assert_refused(self, status, code, call, message=""):
        with self.assertRaises(cloudflare.APIStatusError) as raised:
            call()
        self.assertEqual(raised.exception.status_code, status)
        # The SDK reads Cloudflare's envelope.
        self.assertEqual([error.code for error in raised.exception.errors], [code])
        self.assertIn(message, raised.exception.errors[0].message)


def client_with(**credentials):
    return cloudflare.Cloudflare(base_url=REST, max_retries=0, timeout=60, **credentials)


if __name__ == "__main__":
    unittest.main()
