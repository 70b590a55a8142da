"""Cloudflare's own SDK on tokens and the audit log."""

import contextlib
import datetime
import unittest

import cloudflare
import openai

from demo import DEMO, GATEWAY, MESSAGES, REST, SdkTest

DISTRIBUTIONS = ["cloudflare"]
ACCOUNT = {"account_id": DEMO["account"]}
# Every account has it, and it asks who calls.
CLOSED = "default"
PLACE = GATEWAY.removesuffix(DEMO["gateway"]) + CLOSED
RESOURCES = {f"com.cloudflare.api.account.{DEMO['account']}": "*"}


def client_with(token):
    return cloudflare.Cloudflare(base_url=REST, max_retries=0, timeout=60, api_token=token)


class CloudflareTokens(SdkTest):
    def setUp(self):
        super().setUp()
        self.client = self.enterContext(client_with(DEMO["token"]))
        self.tokens = self.client.accounts.tokens

    def policy(self, *names):
        """What these permission groups allow, found by their names as the SDK finds them."""
        groups = {group.name: group.id for group in self.tokens.permission_groups.list(**ACCOUNT)}
        ids = [{"id": groups[name]} for name in names]
        return {"effect": "allow", "permission_groups": ids, "resources": RESOURCES}

    def make(self, *names, **settings):
        made = self.tokens.create(
            **ACCOUNT, name=f"sdk-{self.mark}", policies=[self.policy(*names)], **settings
        )

        def remove():
            with contextlib.suppress(cloudflare.NotFoundError):
                self.tokens.delete(made.id, **ACCOUNT)

        self.addCleanup(remove)
        return made

    def assert_refused(self, status, code, call, message=""):
        with self.assertRaises(cloudflare.APIStatusError) as raised:
            call()
        self.assertEqual(raised.exception.status_code, status)
        self.assertEqual([error.code for error in raised.exception.errors], [code])
        self.assertIn(message, raised.exception.errors[0].message)

    def ask(self, token):
        headers = {**self.headers(), "cf-aig-authorization": f"Bearer {token}"}
        with openai.OpenAI(
            base_url=f"{PLACE}/openai", api_key="x", default_headers=headers, max_retries=0
        ) as client:
            return client.chat.completions.create(model="m", messages=MESSAGES)

    def test_a_tokens_life(self):
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        made = self.make("AI Gateway Run", "AI Gateway Read", expires_on=end)
        self.assertEqual((made.status, made.name), ("active", f"sdk-{self.mark}"))
        self.assertLess(abs(made.expires_on - end), datetime.timedelta(seconds=1))
        (policy,) = made.policies
        self.assertEqual((policy.effect, policy.resources), ("allow", RESOURCES))
        names = {group.name for group in policy.permission_groups}
        self.assertEqual(names, {"AI Gateway Run", "AI Gateway Read"})
        self.assert_answer(self.ask(made.value).choices[0].message.content)

        got = self.tokens.get(made.id, **ACCOUNT)
        self.assertEqual((got.id, got.issued_on), (made.id, made.issued_on))
        self.assertFalse(hasattr(got, "value"))
        self.assertIn(made.id, [token.id for token in self.tokens.list(**ACCOUNT, per_page=1)])
        # The SDK sends the whole token when it changes one.
        off = self.tokens.update(
            made.id,
            **ACCOUNT,
            name="sdk-off",
            policies=[self.policy("AI Gateway Run")],
            status="disabled",
        )
        self.assertEqual((off.name, off.status, off.expires_on), ("sdk-off", "disabled", made.expires_on))
        with self.assertRaises(openai.AuthenticationError):
            self.ask(made.value)
        policies = [self.policy("AI Gateway Run")]
        self.tokens.update(made.id, **ACCOUNT, name="sdk-on", policies=policies, status="active")
        self.ask(made.value)

        rolled = self.tokens.value.update(made.id, **ACCOUNT)
        self.assertNotEqual(rolled, made.value)
        self.ask(rolled)
        with self.assertRaises(openai.AuthenticationError):
            self.ask(made.value)
        self.assertEqual(self.tokens.delete(made.id, **ACCOUNT).id, made.id)
        with self.assertRaises(openai.AuthenticationError):
            self.ask(rolled)
        self.assert_refused(404, 7002, lambda: self.tokens.get(made.id, **ACCOUNT))

    def test_a_holder_asks_after_its_token(self):
        made = self.make("AI Gateway Run")
        with client_with(made.value) as holder:
            told = holder.user.tokens.verify()
            self.assertEqual((told.id, told.status), (made.id, "active"))
            self.assertEqual(holder.accounts.tokens.verify(**ACCOUNT).id, made.id)
            self.assert_refused(403, 10000, lambda: holder.accounts.tokens.list(**ACCOUNT))
        with client_with("nobody") as nobody:
            self.assert_refused(401, 10000, nobody.user.tokens.verify)

    def test_a_token_gives_no_more_than_it_has(self):
        made = self.make("AI Gateway Read", "Account API Tokens Write")
        with client_with(made.value) as weak:
            stronger = {"name": "x", "policies": [self.policy("AI Gateway Run")]}
            self.assert_refused(
                403, 10000, lambda: weak.accounts.tokens.create(**ACCOUNT, **stronger), "run"
            )
            weaker = {"name": "x", "policies": [self.policy("AI Gateway Read")]}
            made = weak.accounts.tokens.create(**ACCOUNT, **weaker)
            self.assertEqual(weak.accounts.tokens.delete(made.id, **ACCOUNT).id, made.id)

    def test_what_is_not_performed_is_refused(self):
        addresses = {"request_ip": {"in": ["192.0.2.0/24"]}}
        self.assert_refused(
            400, 7001, lambda: self.make("AI Gateway Run", condition=addresses), "condition"
        )
        deny = {**self.policy("AI Gateway Run"), "effect": "deny"}
        self.assert_refused(
            400, 7001, lambda: self.tokens.create(**ACCOUNT, name="x", policies=[deny]), "effect"
        )

    def test_permission_groups(self):
        groups = self.tokens.permission_groups.get(**ACCOUNT, name="AI Gateway Run")
        self.assertEqual([group.name for group in groups], ["AI Gateway Run"])
        self.assertEqual(groups[0].scopes, ["com.cloudflare.api.account"])

    def test_the_audit_log_says_who_changed_what(self):
        made = self.make("AI Gateway Read", "AI Gateway Edit")
        gateway = f"sdk-audit-{self.mark[:8]}"
        with client_with(made.value) as editor:
            nothing_on = {
                "cache_invalidate_on_update": False,
                "cache_ttl": None,
                "collect_logs": True,
                "rate_limiting_interval": None,
                "rate_limiting_limit": None,
            }
            editor.ai_gateway.create(id=gateway, **ACCOUNT, **nothing_on)
            editor.ai_gateway.delete(gateway, **ACCOUNT)
        self.tokens.delete(made.id, **ACCOUNT)
        now = datetime.datetime.now(datetime.UTC)
        days = {"since": (now - datetime.timedelta(days=1)).date(), "before": (now + datetime.timedelta(days=2)).date()}
        # All pages, as the SDK goes through them.
        entries = list(self.client.accounts.logs.audit.list(**ACCOUNT, **days, limit=2))
        ids = [entry.id for entry in entries]
        self.assertEqual(len(ids), len(set(ids)))
        by_editor = [entry for entry in entries if entry.actor.token_id == made.id]
        self.assertEqual(
            [(entry.action.type, entry.resource.type, entry.resource.id) for entry in by_editor],
            [("delete", "gateway", gateway), ("create", "gateway", gateway)],
        )
        self.assertEqual({entry.actor.token_name for entry in by_editor}, {f"sdk-{self.mark}"})
        self.assertEqual({entry.action.result for entry in by_editor}, {"success"})
        about_it = [entry.action.description for entry in entries if entry.resource.id == made.id]
        self.assertEqual(about_it, ["deleteToken", "createToken"])
        self.assertNotIn(made.value, "".join(entry.to_json() for entry in entries))


if __name__ == "__main__":
    unittest.main()
