"""Mistral's SDK, `mistralai`."""

import asyncio
import unittest

from mistralai.client import Mistral, errors

from demo import GATEWAY, MESSAGES, QUESTION_TOKENS, Arrival, SdkTest

DISTRIBUTIONS = ["mistralai"]
MODEL = "mistral-small-latest"


class MistralAi(SdkTest):
    def setUp(self):
        super().setUp()
        # The client itself takes no headers; each call does.
        self.extra = {"http_headers": self.headers(), "retries": None}
        self.client = self.enterContext(
            Mistral(api_key="not-needed", server_url=f"{GATEWAY}/mistral")
        )

    def test_chat(self):
        chat = self.client.chat.complete(model=MODEL, messages=MESSAGES, **self.extra)
        self.assert_answer(chat.choices[0].message.content)
        self.assertEqual(chat.usage.prompt_tokens, QUESTION_TOKENS)
        self.assert_logged(
            provider="mistral",
            model=MODEL,
            path="v1/chat/completions",
            tokens_in=QUESTION_TOKENS,
            tokens_out=chat.usage.completion_tokens,
        )

    def test_chat_stream(self):
        self.client.models.list(**self.extra)
        arrival = Arrival()
        stream = self.client.chat.stream(model=MODEL, messages=MESSAGES, **self.extra)
        chunks = [event.data for event in arrival.watch(stream)]
        self.assert_incremental(arrival)
        self.assert_answer("".join(chunk.choices[0].delta.content or "" for chunk in chunks))
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")
        self.assert_logged(
            model=MODEL,
            tokens_in=QUESTION_TOKENS,
            tokens_out=chunks[-1].usage.completion_tokens,
        )

    def test_chat_stream_without_waiting(self):
        async def ask():
            stream = await self.client.chat.stream_async(
                model=MODEL, messages=MESSAGES, **self.extra
            )
            return [event.data.choices[0].delta.content or "" async for event in stream]

        self.assert_answer("".join(asyncio.run(ask())))
        self.assert_logged(model=MODEL, tokens_in=QUESTION_TOKENS)

    def test_a_base_url_with_the_version(self):
        client = Mistral(api_key="not-needed", server_url=f"{GATEWAY}/mistral/v1")
        with client:
            chat = client.chat.complete(model=MODEL, messages=MESSAGES, **self.extra)
        self.assert_answer(chat.choices[0].message.content)
        self.assert_logged(path="v1/v1/chat/completions", tokens_in=QUESTION_TOKENS)

    def test_embeddings(self):
        answer = self.client.embeddings.create(
            model="mistral-embed", inputs=["one two", "three"], **self.extra
        )
        self.assertEqual(len(answer.data), 2)
        self.assert_logged(model="mistral-embed", path="v1/embeddings", tokens_in=3)

    def test_models(self):
        names = [model.id for model in self.client.models.list(**self.extra).data]
        self.assertIn("offline-chat", names)
        self.assert_logged(path="v1/models", provider="mistral")

    def test_the_providers_errors_keep_their_class(self):
        for status in [401, 429, 503]:
            model = f"fault-{status}"
            with self.subTest(status), self.assertRaises(errors.SDKError) as raised:
                self.client.chat.complete(model=model, messages=MESSAGES, **self.extra)
            self.assertEqual(raised.exception.status_code, status)
            self.assertIn(model, raised.exception.body)
            self.assert_logged(model=model, status_code=status, success=False)

    def test_a_stream_that_breaks_is_no_clean_end(self):
        reasons = []
        # The gateway's last event is no chunk, which is all that the SDK says of it.
        with self.assertRaises(errors.ResponseValidationError):
            for event in self.client.chat.stream(
                model="fault-cut", messages=MESSAGES, **self.extra
            ):
                reasons.append(event.data.choices[0].finish_reason)
        self.assertTrue(reasons)
        self.assertNotIn("stop", reasons)
        self.assert_log_of_break(model="fault-cut")

    def test_an_error_in_a_stream_is_raised(self):
        stream = self.client.chat.stream(model="fault-event", messages=MESSAGES, **self.extra)
        # The SDK has no class for it: the event is no chunk, which is all that it says.
        with self.assertRaises(errors.ResponseValidationError) as raised:
            list(stream)
        self.assertIn("in the middle of its answer", raised.exception.body)


if __name__ == "__main__":
    unittest.main()
