"""Cohere's SDK, in both versions of its API."""

import asyncio
import logging
import unittest

import cohere
import httpx
from cohere.core.api_error import ApiError

from demo import GATEWAY, MESSAGES, QUESTION, QUESTION_TOKENS, Arrival, SdkTest

DISTRIBUTIONS = ["cohere"]
MODEL = "command-a-03-2025"


class Cohere(SdkTest):
    def setUp(self):
        super().setUp()
        # The client itself takes no headers; each call does.
        self.extra = {
            "request_options": {"additional_headers": self.headers(), "max_retries": 0}
        }
        place = {"api_key": "not-needed", "base_url": f"{GATEWAY}/cohere"}
        self.client = self.enterContext(cohere.ClientV2(**place))
        self.first = self.enterContext(cohere.Client(**place))

    def test_chat(self):
        chat = self.client.chat(model=MODEL, messages=MESSAGES, **self.extra)
        self.assert_answer(chat.message.content[0].text)
        self.assertEqual(chat.finish_reason, "COMPLETE")
        self.assert_logged(
            provider="cohere",
            model=MODEL,
            path="v2/chat",
            tokens_in=QUESTION_TOKENS,
            tokens_out=int(chat.usage.tokens.output_tokens),
        )

    def test_chat_stream(self):
        self.client.models.list(**self.extra)
        arrival = Arrival()
        stream = self.client.chat_stream(model=MODEL, messages=MESSAGES, **self.extra)
        events = list(arrival.watch(stream))
        self.assert_incremental(arrival)
        self.assert_answer(text_of(events))
        self.assertEqual(events[-1].type, "message-end")
        self.assert_logged(
            model=MODEL,
            path="v2/chat",
            tokens_in=QUESTION_TOKENS,
            tokens_out=int(events[-1].delta.usage.tokens.output_tokens),
        )

    def test_chat_stream_without_waiting(self):
        async def ask():
            async with cohere.AsyncClientV2(
                api_key="not-needed", base_url=f"{GATEWAY}/cohere"
            ) as client:
                stream = client.chat_stream(model=MODEL, messages=MESSAGES, **self.extra)
                return [event async for event in stream]

        self.assert_answer(text_of(asyncio.run(ask())))
        self.assert_logged(model=MODEL, tokens_in=QUESTION_TOKENS)

    def test_the_first_version(self):
        chat = self.first.chat(model=MODEL, message=QUESTION, **self.extra)
        self.assert_answer(chat.text)
        self.assert_logged(path="v1/chat", model=MODEL, tokens_in=QUESTION_TOKENS)

    def test_a_stream_of_the_first_version(self):
        events = list(self.first.chat_stream(model=MODEL, message=QUESTION, **self.extra))
        self.assertEqual(events[-1].event_type, "stream-end")
        self.assert_answer(events[-1].response.text)
        self.assert_logged(path="v1/chat", model=MODEL, tokens_in=QUESTION_TOKENS)

    def test_embeddings(self):
        answer = self.client.embed(
            model="embed-v4.0",
            input_type="search_document",
            embedding_types=["float"],
            texts=["one two", "three"],
            **self.extra,
        )
        self.assertEqual(len(answer.embeddings.float_), 2)
        self.assert_logged(model="embed-v4.0", path="v2/embed", tokens_in=3)

    def test_rerank(self):
        answer = self.client.rerank(
            model="rerank-v3.5", query="sky", documents=["grass", "the sky"], **self.extra
        )
        self.assertEqual([one.index for one in answer.results], [1, 0])
        self.assert_logged(model="rerank-v3.5", path="v2/rerank")

    def test_models(self):
        names = [model.name for model in self.client.models.list(**self.extra).models]
        self.assertIn("offline-chat", names)
        self.assert_logged(path="v1/models", provider="cohere")

    def test_the_providers_errors_keep_their_class(self):
        for status, kind in [
            (400, cohere.BadRequestError),
            (401, cohere.UnauthorizedError),
            (429, cohere.TooManyRequestsError),
            (503, cohere.ServiceUnavailableError),
        ]:
            model = f"fault-{status}"
            with self.subTest(status), self.assertRaises(kind) as raised:
                self.client.chat(model=model, messages=MESSAGES, **self.extra)
            self.assertIsInstance(raised.exception, ApiError)
            self.assertIn(model, raised.exception.body["message"])
            self.assert_logged(model=model, status_code=status, success=False)

    def test_a_stream_that_breaks_is_no_clean_end(self):
        events = []
        with self.assertRaises(httpx.RemoteProtocolError):
            for event in self.client.chat_stream(
                model="fault-cut", messages=MESSAGES, **self.extra
            ):
                events.append(event)
        self.assertIn("content-delta", [event.type for event in events])
        # The gateway's last word, in the stream's own: it ended in an error.
        self.assertEqual(events[-1].type, "message-end")
        self.assertEqual(events[-1].delta.finish_reason, "ERROR")
        self.assert_log_of_break(model="fault-cut")

    def test_an_error_in_a_stream_is_its_last_event(self):
        events = list(
            self.client.chat_stream(model="fault-event", messages=MESSAGES, **self.extra)
        )
        self.assertEqual(events[-1].delta.finish_reason, "ERROR")


def text_of(events):
    deltas = [event.delta for event in events if event.type == "content-delta"]
    return "".join(delta.message.content.text for delta in deltas)


# It warns of every event that it does not know, once an event.
logging.getLogger("cohere").setLevel(logging.ERROR)

if __name__ == "__main__":
    unittest.main()
