"""The unified endpoints: the model's name says which provider is meant, at `/compat` and at
Cloudflare's REST API.

`UNIFIED` in `run` says whether they are served. While they are not, one test holds that against
the product, so that the switch cannot be forgotten.
"""

import os
import unittest

import anthropic
import litellm
import openai

from demo import AI, DEMO, GATEWAY, MESSAGES, QUESTION, QUESTION_TOKENS, Arrival, SdkTest

DISTRIBUTIONS = ["openai", "anthropic", "litellm"]
SERVED = {"yes": True, "no": False}[os.environ["AIG_SDK_UNIFIED"]]

# Providers that speak this dialect somewhere, each at a path of its own, with a model.
MODELS = [
    ("openai", "gpt-4o-mini"),
    ("google-ai-studio", "gemini-2.5-flash"),
    ("mistral", "mistral-small-latest"),
    ("groq", "llama-3.3-70b-versatile"),
    ("workers-ai", "@cf/meta/llama-3.1-8b-instruct"),
]


class OpenAiDialect:
    """The OpenAI SDK; the classes below say where."""

    def client(self):
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.openai = self.enterContext(self.client())

    def test_chat_with_every_provider(self):
        for provider, model in MODELS:
            with self.subTest(provider):
                self.renew_mark()
                chat = self.openai.chat.completions.create(
                    model=f"{provider}/{model}",
                    messages=MESSAGES,
                    extra_headers=self.headers(),
                )
                self.assert_answer(chat.choices[0].message.content)
                self.assertEqual(chat.choices[0].finish_reason, "stop")
                self.assertEqual(chat.usage.prompt_tokens, QUESTION_TOKENS)
                self.assert_logged(
                    provider=provider,
                    model=model,
                    tokens_in=QUESTION_TOKENS,
                    tokens_out=chat.usage.completion_tokens,
                )

    def test_stream_with_every_provider(self):
        for provider, model in MODELS:
            with self.subTest(provider):
                self.renew_mark()
                # Mistral always counts, and takes no field that it does not know.
                asked = provider != "mistral"
                arrival = Arrival()
                stream = self.openai.chat.completions.create(
                    model=f"{provider}/{model}",
                    messages=MESSAGES,
                    stream=True,
                    stream_options={"include_usage": True} if asked else openai.omit,
                    extra_headers=self.headers(),
                )
                chunks = list(arrival.watch(stream))
                self.assert_incremental(arrival)
                parts = [chunk.choices[0] for chunk in chunks if chunk.choices]
                self.assert_answer("".join(part.delta.content or "" for part in parts))
                self.assertIn("stop", [part.finish_reason for part in parts])
                usage = [chunk.usage for chunk in chunks if chunk.usage][-1]
                self.assertEqual(usage.prompt_tokens, QUESTION_TOKENS)
                self.assert_logged(
                    provider=provider,
                    model=model,
                    tokens_in=QUESTION_TOKENS,
                    tokens_out=usage.completion_tokens,
                )

    def test_the_providers_errors_keep_their_class(self):
        for provider, _ in MODELS:
            model = "@cf/offline/fault-429" if provider == "workers-ai" else "fault-429"
            with self.subTest(provider), self.assertRaises(openai.RateLimitError):
                self.renew_mark()
                self.openai.chat.completions.create(
                    model=f"{provider}/{model}", messages=MESSAGES, extra_headers=self.headers()
                )
            self.assert_logged(provider=provider, status_code=429, success=False)

    def test_a_provider_without_this_dialect_is_refused(self):
        # Nothing is translated; the answer says where the provider's own dialect is spoken.
        with self.assertRaises(openai.BadRequestError) as raised:
            self.openai.chat.completions.create(
                model="anthropic/claude-sonnet-5", messages=MESSAGES, extra_headers=self.headers()
            )
        self.assertIn("anthropic/v1/messages", raised.exception.response.text)
        self.assert_logged(success=False, status_code=400, outcome="refused")

    def test_a_stream_that_breaks_is_no_clean_end(self):
        for provider, _ in MODELS:
            model = "@cf/offline/fault-cut" if provider == "workers-ai" else "fault-cut"
            reasons = []
            with self.subTest(provider), self.assertRaisesRegex(openai.APIError, "broke off"):
                for chunk in self.openai.chat.completions.create(
                    model=f"{provider}/{model}", messages=MESSAGES, stream=True
                ):
                    reasons.extend(choice.finish_reason for choice in chunk.choices)
            self.assertNotIn("stop", reasons)


class Compat(OpenAiDialect, SdkTest):
    """`{gateway}/compat`; the key is the provider's, the token has a header of its own."""

    def client(self):
        return openai.OpenAI(
            base_url=f"{GATEWAY}/compat", api_key="sk-not-needed", max_retries=0, timeout=60
        )

    def test_a_model_without_a_provider_is_refused(self):
        with self.assertRaises(openai.BadRequestError):
            self.openai.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)


class Rest(OpenAiDialect, SdkTest):
    """`{account}/ai/v1`; the bearer is the gateway's token, the gateway is named by a header."""

    def client(self):
        return openai.OpenAI(
            base_url=f"{AI}/v1",
            api_key=DEMO["token"],
            default_headers={"cf-aig-gateway-id": DEMO["gateway"]},
            max_retries=0,
            timeout=60,
        )

    def headers(self):
        return {k: v for k, v in super().headers().items() if k != "cf-aig-authorization"}

    def test_responses(self):
        response = self.openai.responses.create(
            model="openai/gpt-4.1", input=QUESTION, extra_headers=self.headers()
        )
        self.assert_answer(response.output_text)
        self.assert_logged(provider="openai", model="gpt-4.1", tokens_in=QUESTION_TOKENS)

    def test_messages_at_both_spellings(self):
        # The base URL that Cloudflare documents makes Anthropic's SDK say the version twice.
        for base_url in [AI, f"{AI}/v1"]:
            with self.subTest(base_url), self.anthropic(base_url) as client:
                self.renew_mark()
                message = client.messages.create(**self.ask(), extra_headers=self.headers())
                self.assert_answer(message.content[0].text)
                self.assert_logged(
                    provider="anthropic",
                    model="claude-sonnet-5",
                    tokens_in=QUESTION_TOKENS,
                    tokens_out=message.usage.output_tokens,
                )

    def test_messages_stream(self):
        with self.anthropic(AI) as client:
            with client.messages.stream(**self.ask(), extra_headers=self.headers()) as stream:
                message = stream.get_final_message()
        self.assert_answer(message.content[0].text)
        self.assert_logged(provider="anthropic", tokens_out=message.usage.output_tokens)

    def test_messages_keep_the_class_of_errors(self):
        with self.anthropic(f"{AI}/v1") as client:
            with self.assertRaises(anthropic.RateLimitError):
                client.messages.create(**self.ask("anthropic/fault-429"))
            with self.assertRaisesRegex(anthropic.APIStatusError, "broke off"):
                with client.messages.stream(**self.ask("anthropic/fault-cut")) as stream:
                    stream.until_done()

    def test_litellm_for_cloudflare(self):
        # It rewrites `ai/run` to the unified endpoint by itself.
        answer = litellm.completion(
            model="cloudflare/@cf/meta/llama-3.1-8b-instruct",
            messages=MESSAGES,
            api_base=f"{AI}/run/",
            api_key=DEMO["token"],
            extra_headers={**self.headers(), "cf-aig-gateway-id": DEMO["gateway"]},
            max_retries=0,
        )
        self.assert_answer(answer.choices[0].message.content)
        self.assert_logged(provider="workers-ai", tokens_in=QUESTION_TOKENS)

    def test_a_wrong_token_is_told_apart(self):
        with openai.OpenAI(base_url=f"{AI}/v1", api_key="nobody", max_retries=0) as client:
            with self.assertRaises(openai.AuthenticationError):
                client.chat.completions.create(model="openai/m", messages=MESSAGES)

    def anthropic(self, base_url):
        # `auth_token` would do as well: this SDK sends both as a bearer.
        return anthropic.Anthropic(
            base_url=base_url,
            api_key=DEMO["token"],
            default_headers={"cf-aig-gateway-id": DEMO["gateway"]},
            max_retries=0,
            timeout=60,
        )

    def ask(self, model="anthropic/claude-sonnet-5"):
        return {"model": model, "max_tokens": 100, "messages": MESSAGES}


class NotServed(SdkTest):
    """As long as `UNIFIED` in `run` says so."""

    def test_it_is_refused_and_not_half_served(self):
        def ask(base_url, key):
            with openai.OpenAI(
                base_url=base_url, api_key=key, default_headers=self.headers(), max_retries=0
            ) as client:
                client.chat.completions.create(model="openai/m", messages=MESSAGES)

        hint = "the endpoint is served: write UNIFIED=yes in tests/sdk/run"
        with self.assertRaises(openai.BadRequestError, msg=hint) as raised:
            ask(f"{GATEWAY}/compat", "x")
        self.assertEqual(raised.exception.response.json()["error"][0]["code"], 2008)
        with self.assertRaises(openai.NotFoundError, msg=hint) as raised:
            ask(f"{AI}/v1", DEMO["token"])
        self.assertEqual(raised.exception.response.json()["errors"][0]["code"], 7000)


def load_tests(loader, _tests, _pattern):
    cases = [Compat, Rest] if SERVED else [NotServed]
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in cases)


if __name__ == "__main__":
    unittest.main()
