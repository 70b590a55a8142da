"""LiteLLM, which speaks to every provider in that provider's own way."""

import asyncio
import logging
import os
import unittest

# Read when it is imported: prices from the package, not from the internet, and no tokenizers from
# there either.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["HF_HUB_OFFLINE"] = "1"

import litellm

from demo import GATEWAY, MESSAGES, QUESTION_TOKENS, SdkTest

DISTRIBUTIONS = ["litellm"]

litellm.suppress_debug_info = True
logging.getLogger("LiteLLM").setLevel(logging.ERROR)

# Its name for a provider and a model, the place below the gateway, and the path that it asks for.
PLACES = [
    ("openai", "gpt-5-mini", "openai", "chat/completions"),
    ("anthropic", "claude-sonnet-5", "anthropic", "v1/messages"),
    # Without a version.
    ("gemini", "gemini-2.5-flash", "google-ai-studio", "models/{model}:{method}"),
    ("mistral", "mistral-small-latest", "mistral", "v1/chat/completions"),
    ("groq", "openai/gpt-oss-20b", "groq", "chat/completions"),
    ("deepseek", "deepseek-chat", "deepseek", "chat/completions"),
    ("xai", "grok-4", "grok", "chat/completions"),
    ("openrouter", "openai/gpt-5", "openrouter", "chat/completions"),
    ("perplexity", "sonar", "perplexity-ai", "chat/completions"),
    ("cerebras", "gpt-oss-120b", "cerebras", "chat/completions"),
]
# Takes the whole URL as its base, and cannot read Cohere's events: it wants a document a line.
COHERE = ("cohere_chat", "command-a-03-2025", "cohere/v2/chat", "v2/chat")
COUNTED = {"tokens_in": QUESTION_TOKENS}


class LiteLlm(SdkTest):
    def ask(self, name, model, place, **more):
        # A fresh client each, so that no test lives on another one's connection.
        return litellm.completion(
            model=f"{name}/{model}",
            messages=MESSAGES,
            api_base=f"{GATEWAY}/{place}",
            api_key="not-needed",
            extra_headers=self.headers(),
            max_retries=0,
            **more,
        )

    def test_completion(self):
        for name, model, place, path in [*PLACES, COHERE]:
            with self.subTest(place):
                self.renew_mark()
                answer = self.ask(name, model, place)
                self.assert_answer(answer.choices[0].message.content)
                self.assertEqual(answer.usage.prompt_tokens, QUESTION_TOKENS)
                self.assert_logged(
                    provider=place.split("/")[0],
                    model=model,
                    path=path.format(model=model, method="generateContent"),
                    tokens_in=QUESTION_TOKENS,
                    tokens_out=answer.usage.completion_tokens,
                )

    def test_stream(self):
        for name, model, place, path in PLACES:
            with self.subTest(place):
                self.renew_mark()
                # Without the provider's count it counts itself, with a tokenizer that it fetches.
                # With these two it does so anyway: it does not pass the wish on.
                usage = {"stream_options": {"include_usage": True}}
                counted = {} if name in ("perplexity", "cerebras") else COUNTED
                chunks = list(self.ask(name, model, place, stream=True, **usage))
                parts = [chunk.choices[0] for chunk in chunks if chunk.choices]
                self.assert_answer("".join(part.delta.content or "" for part in parts))
                self.assertIn("stop", [part.finish_reason for part in parts])
                self.assert_logged(
                    provider=place.split("/")[0],
                    model=model,
                    path=path.format(model=model, method="streamGenerateContent"),
                    **counted,
                )

    def test_stream_without_waiting(self):
        async def ask():
            stream = await litellm.acompletion(
                model="anthropic/claude-sonnet-5",
                messages=MESSAGES,
                api_base=f"{GATEWAY}/anthropic",
                api_key="not-needed",
                extra_headers=self.headers(),
                stream=True,
            )
            return [chunk.choices[0].delta.content or "" async for chunk in stream]

        self.assert_answer("".join(asyncio.run(ask())))
        self.assert_logged(provider="anthropic", tokens_in=QUESTION_TOKENS)

    def test_embeddings(self):
        for model, place, path in [
            ("openai/text-embedding-3-small", "openai", "embeddings"),
            (
                "gemini/gemini-embedding-001",
                "google-ai-studio",
                "models/gemini-embedding-001:batchEmbedContents",
            ),
        ]:
            with self.subTest(model):
                answer = litellm.embedding(
                    model=model,
                    input=["one two", "three"],
                    api_base=f"{GATEWAY}/{place}",
                    api_key="not-needed",
                    extra_headers=self.headers(),
                )
                self.assertEqual(len(answer.data), 2)
                self.assert_logged(provider=place, path=path, model=model.split("/")[1])

    def test_the_providers_errors_keep_their_class(self):
        for name, _, place, _ in [*PLACES, COHERE]:
            with self.subTest(place), self.assertRaises(litellm.RateLimitError):
                self.ask(name, "fault-429", place)
        for status, kind in [
            (400, litellm.BadRequestError),
            (401, litellm.AuthenticationError),
            (503, litellm.ServiceUnavailableError),
        ]:
            model = f"fault-{status}"
            with self.subTest(status), self.assertRaises(kind):
                self.ask("anthropic", model, "anthropic")
            self.assert_logged(model=model, status_code=status, success=False)

    def test_a_stream_that_breaks_is_no_clean_end(self):
        for name, _, place, _ in PLACES:
            with self.subTest(place):
                self.renew_mark()
                reasons = []
                # Its word for any end of a stream that is none; the SDKs' classes are its bases.
                with self.assertRaises(litellm.exceptions.MidStreamFallbackError):
                    for chunk in self.ask(name, "fault-cut", place, stream=True):
                        reasons.append(chunk.choices[0].finish_reason)
                self.assertNotIn("stop", reasons)
                self.assert_log_of_break(model="fault-cut")


if __name__ == "__main__":
    unittest.main()
