"""Groq's SDK."""

import asyncio
import unittest

import groq

from demo import GATEWAY, MESSAGES, QUESTION_TOKENS, Arrival, SdkTest

DISTRIBUTIONS = ["groq"]
MODEL = "llama-3.3-70b-versatile"


class Groq(SdkTest):
    def setUp(self):
        super().setUp()
        self.options = {
            "api_key": "gsk-not-needed",
            "default_headers": self.headers(),
            "max_retries": 0,
        }
        self.client = self.enterContext(groq.Groq(base_url=f"{GATEWAY}/groq", **self.options))

    def test_chat(self):
        chat = self.client.chat.completions.create(model=MODEL, messages=MESSAGES)
        self.assert_answer(chat.choices[0].message.content)
        self.assertEqual(chat.usage.prompt_tokens, QUESTION_TOKENS)
        # The SDK writes the whole path of Groq's API behind the base URL.
        self.assert_logged(
            provider="groq",
            model=MODEL,
            path="openai/v1/chat/completions",
            tokens_in=QUESTION_TOKENS,
            tokens_out=chat.usage.completion_tokens,
        )

    def test_chat_stream(self):
        self.client.models.list()
        arrival = Arrival()
        stream = self.client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        chunks = list(arrival.watch(stream))
        self.assert_incremental(arrival)
        self.assert_answer("".join(chunk.choices[0].delta.content or "" for chunk in chunks))
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")
        self.assert_logged(model=MODEL, path="openai/v1/chat/completions")

    def test_chat_stream_without_waiting(self):
        async def ask():
            async with groq.AsyncGroq(base_url=f"{GATEWAY}/groq", **self.options) as client:
                stream = await client.chat.completions.create(
                    model=MODEL, messages=MESSAGES, stream=True
                )
                return [chunk.choices[0].delta.content or "" async for chunk in stream]

        self.assert_answer("".join(asyncio.run(ask())))
        self.assert_logged(model=MODEL)

    def test_embeddings(self):
        answer = self.client.embeddings.create(model="nomic-embed", input=["one two", "three"])
        self.assertEqual(len(answer.data), 2)
        self.assert_logged(model="nomic-embed", path="openai/v1/embeddings", tokens_in=3)

    def test_models(self):
        self.assertIn("offline-chat", [model.id for model in self.client.models.list().data])
        self.assert_logged(path="openai/v1/models", provider="groq")

    def test_the_providers_errors_keep_their_class(self):
        for status, kind in [
            (400, groq.BadRequestError),
            (401, groq.AuthenticationError),
            (429, groq.RateLimitError),
            (503, groq.InternalServerError),
        ]:
            model = f"fault-{status}"
            with self.subTest(status), self.assertRaises(kind) as raised:
                self.client.chat.completions.create(model=model, messages=MESSAGES)
            self.assertIn(model, raised.exception.message)
            self.assert_logged(model=model, status_code=status, success=False)

    def test_a_stream_that_breaks_is_no_clean_end(self):
        reasons = []
        with self.assertRaisesRegex(groq.APIError, "broke off"):
            for chunk in self.client.chat.completions.create(
                model="fault-cut", messages=MESSAGES, stream=True
            ):
                reasons.append(chunk.choices[0].finish_reason)
        self.assertTrue(reasons)
        self.assertNotIn("stop", reasons)
        self.assert_log_of_break(model="fault-cut")

    def test_an_error_in_a_stream_is_raised(self):
        stream = self.client.chat.completions.create(
            model="fault-event", messages=MESSAGES, stream=True
        )
        with self.assertRaises(groq.APIError) as raised:
            list(stream)
        self.assertIn("in the middle of its answer", raised.exception.message)


if __name__ == "__main__":
    unittest.main()
