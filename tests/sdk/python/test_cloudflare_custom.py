"""Cloudflare's own SDK on custom providers, and a request through one of them."""

import contextlib
import json
import unittest

import cloudflare

from demo import DEMO, REST, SdkTest

DISTRIBUTIONS = ["cloudflare"]
ACCOUNT = {"account_id": DEMO["account"]}


class CustomProviders(SdkTest):
    def setUp(self):
        super().setUp()
        client = cloudflare.Cloudflare(
            base_url=REST, max_retries=0, timeout=60, api_token=DEMO["token"]
        )
        self.client = self.enterContext(client)
        self.providers = client.ai_gateway.custom_providers

    def make(self, slug, **settings):
        base_url = settings.pop("base_url", "https://api.acme.example/v1")
        made = self.providers.create(
            **ACCOUNT, name=slug.upper(), slug=slug, base_url=base_url, **settings
        )

        def remove():
            with contextlib.suppress(cloudflare.NotFoundError):
                self.providers.delete(made.id, **ACCOUNT)

        self.addCleanup(remove)
        return made

    def test_a_providers_life(self):
        headers = json.dumps({"x-team": "canary"})
        made = self.make("sdk-life", enable=True, headers=headers, position=3, link="https://x")
        self.assertEqual((made.slug, made.enable, made.beta), ("sdk-life", True, False))
        self.assertEqual((made.position, made.link), (3, "https://x"))
        # What headers hold is never read back.
        self.assertEqual(json.loads(made.headers), {"x-team": "…"})
        got = self.providers.get(made.id, **ACCOUNT)
        self.assertEqual((got.base_url, got.created_at), (made.base_url, made.created_at))
        gone = self.providers.delete(made.id, **ACCOUNT)
        self.assertEqual(gone.id, made.id)
        with self.assertRaises(cloudflare.NotFoundError):
            self.providers.get(made.id, **ACCOUNT)

    def test_pages_and_filters(self):
        slugs = [f"sdk-page-{number}" for number in range(3)]
        for slug in slugs:
            self.make(slug, beta=True)
        listed = [p.slug for p in self.providers.list(**ACCOUNT, per_page=2, search="sdk-page-")]
        self.assertEqual(listed, slugs)
        found = self.providers.list(**ACCOUNT, search="sdk-page-", beta=False)
        self.assertEqual(list(found), [])

    def test_what_is_refused(self):
        self.make("sdk-twice")
        for call, status, code in [
            (lambda: self.make("sdk-twice"), 409, 1003),
            # Not by HTTPS; which address a name stands for, the demo would see at the dial.
            (lambda: self.make("sdk-bad", base_url="http://192.0.2.1"), 400, 1002),
            (lambda: self.make("sdk-bad", base_url="https://10.0.0.1"), 400, 1002),
            (lambda: self.make("Bad Slug"), 400, 7001),
        ]:
            with self.assertRaises(cloudflare.APIStatusError) as raised:
                call()
            self.assertEqual(raised.exception.status_code, status)
            self.assertEqual([error.code for error in raised.exception.errors], [code])

    def test_prices(self):
        # The SDK has no methods for them, but a way to call what it does not know.
        provider = self.make("sdk-price")
        path = f"/accounts/{DEMO['account']}/ai-gateway/custom-providers/costs"
        body = {
            "account_provider_id": provider.id,
            "model": "large",
            "token_pricing": {"input_tokens": 3, "output_tokens": 15},
        }
        made = self.client.post(path, body=body, cast_to=object)["result"]
        self.assertEqual(
            json.loads(made["token_pricing"]), {"input_tokens": 3, "output_tokens": 15}
        )
        listed = self.client.get(path, cast_to=object)["result"]
        self.assertIn(made["id"], [cost["id"] for cost in listed])
        self.providers.delete(provider.id, **ACCOUNT)
        with self.assertRaises(cloudflare.NotFoundError):
            self.client.get(f"{path}/{made['id']}", cast_to=object)


if __name__ == "__main__":
    unittest.main()
