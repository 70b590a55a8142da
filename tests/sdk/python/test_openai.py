"""The OpenAI SDK."""

import asyncio
import unittest

import openai

from demo import DEMO, GATEWAY, MESSAGES, QUESTION, QUESTION_TOKENS, TOKEN, Arrival, SdkTest

DISTRIBUTIONS = ["openai"]


def openai_client(gateway=GATEWAY, headers=TOKEN):
    return openai.OpenAI(
        base_url=f"{gateway}/openai",
        api_key="sk-not-needed",
        default_headers=headers,
        max_retries=0,
        timeout=60,
    )


class OpenAi(SdkTest):
    def setUp(self):
        super().setUp()
        self.client = openai_client(headers=self.headers())
        self.addCleanup(self.client.close)

    def test_chat(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=MESSAGES
        )
        chat = raw.parse()
        text = chat.choices[0].message.content
        self.assertIn(QUESTION, text)
        self.assertEqual(chat.usage.prompt_tokens, QUESTION_TOKENS)
        self.assertEqual(chat.usage.completion_tokens, len(text.split()))
        self.assert_named(
            raw.headers,
            provider="openai",
            model="gpt-4o-mini",
            path="chat/completions",
            tokens_in=chat.usage.prompt_tokens,
            tokens_out=chat.usage.completion_tokens,
        )

    def test_chat_stream(self):
        self.client.models.list()  # opens the connection, which is not what is measured
        arrival = Arrival()
        raw = self.client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini",
            messages=MESSAGES,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(arrival.watch(raw.parse()))
        self.assert_incremental(arrival)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertIn(QUESTION, text)
        self.assertEqual([c.choices[0].finish_reason for c in chunks if c.choices][-1], "stop")
        usage = chunks[-1].usage
        self.assertEqual(usage.completion_tokens, len(text.split()))
        self.assert_named(
            raw.headers,
            provider="openai",
            model="gpt-4o-mini",
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.completion_tokens,
        )

    def test_chat_stream_without_usage_has_choices_in_every_chunk(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=MESSAGES, stream=True
        )
        chunks = list(raw.parse())
        self.assertTrue(all(len(chunk.choices) == 1 for chunk in chunks))
        self.assertTrue(all(chunk.usage is None for chunk in chunks))
        self.assert_named(raw.headers, model="gpt-4o-mini")

    def test_responses(self):
        raw = self.client.responses.with_raw_response.create(
            model="gpt-4.1", input=QUESTION, instructions="Be brief."
        )
        response = raw.parse()
        self.assertIn(QUESTION, response.output_text)
        self.assertEqual(response.status, "completed")
        self.assertEqual(response.usage.input_tokens, QUESTION_TOKENS + 2)
        self.assert_named(
            raw.headers,
            model="gpt-4.1",
            path="responses",
            tokens_in=response.usage.input_tokens,
            tokens_out=response.usage.output_tokens,
        )

    def test_responses_stream(self):
        self.client.models.list()
        arrival = Arrival()
        raw = self.client.responses.with_raw_response.create(
            model="gpt-4.1", input=QUESTION, stream=True
        )
        events = list(arrival.watch(raw.parse()))
        self.assert_incremental(arrival)
        text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
        completed = events[-1]
        self.assertEqual(completed.type, "response.completed")
        self.assertEqual(completed.response.output_text, text)
        self.assert_named(
            raw.headers,
            model="gpt-4.1",
            tokens_in=completed.response.usage.input_tokens,
            tokens_out=completed.response.usage.output_tokens,
        )

    def test_embeddings(self):
        raw = self.client.embeddings.with_raw_response.create(
            model="text-embedding-3-small", input=["one two", "three"], dimensions=8
        )
        answer = raw.parse()
        self.assertEqual([len(item.embedding) for item in answer.data], [8, 8])
        numbers = self.client.embeddings.create(
            model="text-embedding-3-small",
            input=["one two", "three"],
            dimensions=8,
            encoding_format="float",
        )
        for coded, plain in zip(answer.data, numbers.data):
            for a, b in zip(coded.embedding, plain.embedding):
                self.assertAlmostEqual(a, b, places=6)
        self.assert_named(
            raw.headers, model="text-embedding-3-small", path="embeddings", tokens_in=3
        )

    def test_models(self):
        raw = self.client.models.with_raw_response.list()
        names = [model.id for model in raw.parse()]
        self.assertIn("offline-chat", names)
        self.assertEqual(self.client.models.retrieve(names[0]).id, names[0])
        self.assert_named(raw.headers, provider="openai", path="models", tokens_in=None)

    def test_both_spellings_of_the_path(self):
        client = openai.OpenAI(
            base_url=f"{GATEWAY}/openai/v1",
            api_key="x",
            default_headers=self.headers(),
            max_retries=0,
        )
        self.addCleanup(client.close)
        chat = client.chat.completions.create(model="m", messages=MESSAGES)
        self.assert_answer(chat.choices[0].message.content)
        self.assert_logged(path="v1/chat/completions", tokens_in=QUESTION_TOKENS)

    def test_providers_that_speak_the_same_dialect(self):
        for place in [
            "groq",
            "mistral",
            "deepseek",
            "cerebras",
            "grok",
            "perplexity-ai",
            "openrouter",
            "fireworks",
            "baseten",
            "google-ai-studio/v1beta/openai",
            "workers-ai/v1",
        ]:
            with self.subTest(place):
                client = openai.OpenAI(
                    base_url=f"{GATEWAY}/{place}",
                    api_key="x",
                    default_headers=self.headers(),
                    max_retries=0,
                )
                self.addCleanup(client.close)
                ask = {"model": "@cf/meta/m", "messages": MESSAGES}
                chat = client.chat.completions.create(**ask)
                self.assert_answer(chat.choices[0].message.content)
                provider = place.split("/")[0]
                self.assert_logged(
                    provider=provider,
                    model="@cf/meta/m",
                    tokens_in=QUESTION_TOKENS,
                    tokens_out=chat.usage.completion_tokens,
                )

    def test_chat_without_waiting(self):
        async def ask():
            async with openai.AsyncOpenAI(
                base_url=f"{GATEWAY}/openai",
                api_key="x",
                default_headers=self.headers(),
                max_retries=0,
            ) as client:
                stream = await client.chat.completions.create(
                    model="gpt-4o-mini", messages=MESSAGES, stream=True
                )
                return [chunk.choices[0].delta.content or "" async for chunk in stream]

        self.assert_answer("".join(asyncio.run(ask())))
        self.assert_logged(model="gpt-4o-mini", path="chat/completions")

    def test_a_stream_that_breaks_is_no_clean_end(self):
        seen = []
        # The gateway says it in the stream's own words before it breaks the transfer off.
        with self.assertRaisesRegex(openai.APIError, "broke off"):
            for chunk in self.client.chat.completions.create(
                model="fault-cut", messages=MESSAGES, stream=True
            ):
                seen.append(chunk.choices[0].finish_reason)
        self.assertTrue(seen)
        self.assertNotIn("stop", seen)
        self.assert_log_of_break(model="fault-cut")

    def test_an_answer_that_breaks_is_a_connection_error(self):
        with self.assertRaises(openai.APIConnectionError):
            self.client.chat.completions.create(model="fault-cut", messages=MESSAGES)
        self.assert_log_of_break(model="fault-cut")

    def test_an_error_in_a_stream_is_raised(self):
        with self.assertRaises(openai.APIError) as raised:
            list(
                self.client.chat.completions.create(
                    model="fault-event", messages=MESSAGES, stream=True
                )
            )
        self.assertIn("in the middle of its answer", raised.exception.message)

    def test_an_error_in_a_stream_of_a_response_is_an_event(self):
        events = list(self.client.responses.create(model="fault-event", input="a", stream=True))
        self.assertEqual((events[-1].type, events[-1].code), ("error", "server_error"))

    def test_the_providers_errors_keep_their_class(self):
        for status, kind in [
            (401, openai.AuthenticationError),
            (403, openai.PermissionDeniedError),
            (422, openai.UnprocessableEntityError),
            (429, openai.RateLimitError),
            (503, openai.InternalServerError),
        ]:
            model = f"offline-error-{status}"
            with self.subTest(status), self.assertRaises(kind) as raised:
                self.client.chat.completions.create(model=model, messages=MESSAGES)
            headers = raised.exception.response.headers
            self.assertIn(str(status), raised.exception.message)
            self.assert_named(headers, model=model, status_code=status, success=False)
        with self.assertRaises(openai.BadRequestError) as raised:
            self.client.chat.completions.create(model="m", messages=[])
        self.assertEqual(raised.exception.param, "messages")
        with self.assertRaises(openai.NotFoundError) as raised:
            self.client.models.retrieve("nobody")
        self.assertEqual(raised.exception.code, "model_not_found")

    def test_the_gateways_errors_are_told_apart(self):
        absent = f"{DEMO['base_url']}/v1/{DEMO['account']}/no-such-gateway"
        with openai_client(absent) as client, self.assertRaises(openai.BadRequestError) as raised:
            client.models.list()
        self.assertEqual(raised.exception.response.json()["error"][0]["code"], 2001)

        # The gateway that every account has wants a token.
        guarded = f"{DEMO['base_url']}/v1/{DEMO['account']}/default"
        with openai_client(guarded, {}) as client:
            with self.assertRaises(openai.AuthenticationError) as raised:
                client.models.list()
        self.assertEqual(raised.exception.response.json()["error"][0]["code"], 2009)
        with openai_client(guarded) as client:
            self.assertTrue(list(client.models.list()))

    def test_leaving_a_stream_early_is_logged_so(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="left-early", messages=MESSAGES, stream=True
        )
        stream = raw.parse()
        next(iter(stream))
        stream.close()
        row = self.row(raw.headers["cf-aig-log-id"])
        self.assertIs(row["success"], False)


if __name__ == "__main__":
    unittest.main()
