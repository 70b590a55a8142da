"""Cloudflare's own SDK on stored keys, and on the URLs of providers."""

import contextlib
import json
import unittest

import cloudflare
import openai

from demo import DEMO, GATEWAY, MESSAGES, REST, SdkTest

DISTRIBUTIONS = ["cloudflare"]
ACCOUNT = {"account_id": DEMO["account"]}
HOLDER = "sdk-keys"
HERE = {**ACCOUNT, "gateway_id": HOLDER}


class CloudflareKeys(SdkTest):
    def setUp(self):
        super().setUp()
        self.client = self.enterContext(
            cloudflare.Cloudflare(
                base_url=REST, max_retries=0, timeout=60, api_token=DEMO["token"]
            )
        )
        self.gateways = self.client.ai_gateway
        self.configs = self.gateways.provider_configs
        self.gateways.create(
            id=HOLDER,
            **ACCOUNT,
            cache_invalidate_on_update=False,
            cache_ttl=None,
            collect_logs=True,
            rate_limiting_interval=None,
            rate_limiting_limit=None,
            authentication=True,
        )

        def remove():
            with contextlib.suppress(cloudflare.NotFoundError):
                self.gateways.delete(HOLDER, **ACCOUNT)

        self.addCleanup(remove)

    def store(self, alias="default", provider="openai", secret="sk-0123456789-wxyz", **more):
        return self.configs.create(
            HOLDER,
            **ACCOUNT,
            alias=alias,
            default_config=alias == "default",
            provider_slug=provider,
            secret=secret,
            **more,
        )

    def refused(self, status, call):
        with self.assertRaises(cloudflare.APIStatusError) as caught:
            call()
        self.assertEqual(caught.exception.status_code, status)
        return caught.exception.body["errors"][0]

    def test_a_key_is_stored_and_listed_and_never_shown(self):
        made = self.store(rate_limit=5)
        self.assertEqual((made.gateway_id, made.provider_slug, made.alias), (HOLDER, "openai", "default"))
        self.assertEqual((made.default_config, made.secret_preview), (True, "…wxyz"))
        self.assertEqual((made.rate_limit, made.rate_limit_period), (5, 60))
        self.assertEqual(made.secret_id, f"{HOLDER}_openai_default")
        other = self.store("other", rate_limit_period=10)
        self.assertEqual((other.rate_limit, other.rate_limit_period), (None, 10))
        self.assertEqual((other.provider_slug, other.default_config), ("openai", False))
        self.assertNotIn("0123456789", made.to_json() + other.to_json())
        listed = list(self.configs.list(HOLDER, **ACCOUNT, per_page=1))
        self.assertEqual([config.id for config in listed], [made.id, other.id])
        self.assertEqual([config.alias for config in listed], ["default", "other"])
        self.assertNotIn("0123456789", str(listed))
        for alias in ("default", "other"):
            twice = self.refused(400, lambda: self.store(alias))
            self.assertEqual(twice["code"], 7001)
            self.assertIn("alias", twice["message"])
            self.assertIn("already", twice["message"])

    def test_documents_are_checked(self):
        keys = {"accessKeyId": "AKIDEXAMPLE0WXYZ", "secretAccessKey": "s", "region": "us-east-1"}
        made = self.store(provider="aws-bedrock", secret=json.dumps(keys))
        self.assertEqual(made.secret_preview, "…WXYZ")
        del keys["region"]
        lacking = lambda: self.store("b", provider="aws-bedrock", secret=json.dumps(keys))
        self.assertIn("secret.region", self.refused(400, lacking)["message"])

    def test_calls_go_with_the_key_as_often_as_they_may(self):
        self.store(rate_limit=2, rate_limit_period=3600)
        place = GATEWAY.replace(f"/{DEMO['gateway']}", f"/{HOLDER}")
        # The token stands where the key would, and is none.
        with openai.OpenAI(
            base_url=f"{place}/openai", api_key=DEMO["token"], max_retries=0
        ) as client:
            ask = lambda: client.chat.completions.create(model="m", messages=MESSAGES)
            for _ in range(2):
                self.assert_answer(ask().choices[0].message.content)
            with self.assertRaises(openai.RateLimitError) as caught:
                ask()
        self.assertGreater(int(caught.exception.response.headers["retry-after"]), 3000)

    def test_the_url_of_a_provider(self):
        url = self.gateways.urls.get("openai", **HERE)
        self.assertEqual(url, GATEWAY.replace(f"/{DEMO['gateway']}", f"/{HOLDER}") + "/openai")
        absent = lambda: self.gateways.urls.get("openai", **ACCOUNT, gateway_id="sdk-absent")
        self.assertEqual(self.refused(404, absent)["code"], 7002)
        unknown = lambda: self.gateways.urls.get("no-such-provider", **HERE)
        self.assertEqual(self.refused(400, unknown)["code"], 7001)


if __name__ == "__main__":
    unittest.main()
