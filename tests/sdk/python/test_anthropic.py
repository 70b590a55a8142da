"""The Anthropic SDK."""

import asyncio
import unittest

import anthropic

from demo import GATEWAY, QUESTION, QUESTION_TOKENS, Arrival, SdkTest

DISTRIBUTIONS = ["anthropic"]


def anthropic_client(headers):
    return anthropic.Anthropic(
        base_url=f"{GATEWAY}/anthropic",
        api_key="sk-ant-not-needed",
        default_headers=headers,
        max_retries=0,
        timeout=60,
    )


class Anthropic(SdkTest):
    ASK = {
        "model": "claude-sonnet-5",
        "max_tokens": 200,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": QUESTION}],
    }

    def setUp(self):
        super().setUp()
        self.client = anthropic_client(self.headers())
        self.addCleanup(self.client.close)

    def test_messages(self):
        raw = self.client.messages.with_raw_response.create(**self.ASK)
        message = raw.parse()
        text = message.content[0].text
        self.assertIn(QUESTION, text)
        self.assertEqual(message.stop_reason, "end_turn")
        self.assertEqual(message.usage.input_tokens, QUESTION_TOKENS + 2)
        self.assert_named(
            raw.headers,
            provider="anthropic",
            model="claude-sonnet-5",
            path="v1/messages",
            tokens_in=message.usage.input_tokens,
            tokens_out=len(text.split()),
        )

    def test_messages_stream_helper(self):
        self.client.models.list()
        arrival = Arrival()
        with self.client.messages.stream(**self.ASK) as stream:
            text = "".join(arrival.watch(stream.text_stream))
            message = stream.get_final_message()
            headers = stream.response.headers
        self.assert_incremental(arrival)
        self.assertEqual(message.content[0].text, text)
        self.assertIn(QUESTION, text)
        self.assertEqual(message.usage.output_tokens, len(text.split()))
        self.assert_named(
            headers,
            provider="anthropic",
            model="claude-sonnet-5",
            tokens_in=message.usage.input_tokens,
            tokens_out=message.usage.output_tokens,
        )

    def test_messages_stream_events(self):
        raw = self.client.messages.with_raw_response.create(**self.ASK, stream=True)
        kinds = [event.type for event in raw.parse()]
        self.assertEqual((kinds[0], kinds[-1]), ("message_start", "message_stop"))
        self.assert_named(raw.headers, tokens_in=QUESTION_TOKENS + 2)

    def test_count_tokens(self):
        ask = {name: value for name, value in self.ASK.items() if name != "max_tokens"}
        raw = self.client.messages.with_raw_response.count_tokens(**ask)
        self.assertEqual(raw.parse().input_tokens, QUESTION_TOKENS + 2)
        self.assert_named(raw.headers, path="v1/messages/count_tokens", tokens_in=None)

    def test_models(self):
        self.assertIn("offline-chat", [model.id for model in self.client.models.list()])

    def test_the_providers_errors_keep_their_class(self):
        for status, kind in [
            (400, anthropic.BadRequestError),
            (401, anthropic.AuthenticationError),
            (429, anthropic.RateLimitError),
            (529, anthropic.InternalServerError),
        ]:
            model = f"offline-error-{status}"
            with self.subTest(status), self.assertRaises(kind) as raised:
                self.client.messages.create(**{**self.ASK, "model": model})
            self.assertEqual(raised.exception.body["type"], "error")
            headers = raised.exception.response.headers
            self.assert_named(headers, model=model, status_code=status, success=False)

    def test_both_spellings_of_the_path(self):
        client = anthropic.Anthropic(
            base_url=f"{GATEWAY}/anthropic/v1",
            api_key="x",
            default_headers=self.headers(),
            max_retries=0,
        )
        self.addCleanup(client.close)
        self.assert_answer(client.messages.create(**self.ASK).content[0].text)
        self.assert_logged(path="v1/v1/messages", tokens_in=QUESTION_TOKENS + 2)

    def test_messages_without_waiting(self):
        async def ask():
            async with anthropic.AsyncAnthropic(
                base_url=f"{GATEWAY}/anthropic",
                api_key="x",
                default_headers=self.headers(),
                max_retries=0,
            ) as client:
                async with client.messages.stream(**self.ASK) as stream:
                    return await stream.get_final_text()

        self.assert_answer(asyncio.run(ask()))
        self.assert_logged(path="v1/messages", tokens_in=QUESTION_TOKENS + 2)

    def test_a_stream_that_breaks_is_no_clean_end(self):
        seen = []
        # The gateway says it in the stream's own words before it breaks the transfer off.
        with self.assertRaisesRegex(anthropic.APIStatusError, "broke off"):
            with self.client.messages.stream(**{**self.ASK, "model": "fault-cut"}) as stream:
                for event in stream:
                    seen.append(event.type)
        self.assertIn("text", seen)
        self.assertNotIn("message_stop", seen)
        self.assert_log_of_break(model="fault-cut")

    def test_an_error_in_a_stream_is_raised(self):
        with self.assertRaises(anthropic.APIStatusError) as raised:
            with self.client.messages.stream(**{**self.ASK, "model": "fault-event"}) as stream:
                stream.until_done()
        self.assertEqual(raised.exception.body["error"]["type"], "api_error")


if __name__ == "__main__":
    unittest.main()
