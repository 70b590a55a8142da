"""The Gemini SDK of Google, `google-genai`."""

import asyncio
import unittest

from google import genai
from google.genai import errors, types

from demo import GATEWAY, QUESTION, QUESTION_TOKENS, Arrival, SdkTest

DISTRIBUTIONS = ["google-genai"]
MODEL = "gemini-2.5-flash"


class GoogleGenAi(SdkTest):
    def setUp(self):
        super().setUp()
        self.client = self.client_of()

    def client_of(self, **options):
        client = genai.Client(
            api_key="not-needed",
            http_options=types.HttpOptions(
                base_url=f"{GATEWAY}/google-ai-studio", headers=self.headers(), **options
            ),
        )
        self.addCleanup(client.close)
        return client

    def test_content(self):
        answer = self.client.models.generate_content(
            model=MODEL, contents=QUESTION, config={"system_instruction": "Be brief."}
        )
        self.assert_answer(answer.text)
        self.assertEqual(answer.usage_metadata.prompt_token_count, QUESTION_TOKENS + 2)
        self.assert_logged(
            provider="google-ai-studio",
            model=MODEL,
            path=f"v1/models/{MODEL}:generateContent",
            tokens_in=QUESTION_TOKENS + 2,
            tokens_out=answer.usage_metadata.candidates_token_count,
        )

    def test_content_stream(self):
        list(self.client.models.list())  # opens the connection, which is not what is measured
        arrival = Arrival()
        stream = self.client.models.generate_content_stream(model=MODEL, contents=QUESTION)
        chunks = list(arrival.watch(stream))
        self.assert_incremental(arrival)
        self.assert_answer("".join(chunk.text or "" for chunk in chunks))
        self.assertEqual(chunks[-1].candidates[0].finish_reason, types.FinishReason.STOP)
        self.assert_logged(
            model=MODEL,
            path=f"v1/models/{MODEL}:streamGenerateContent",
            tokens_in=QUESTION_TOKENS,
            tokens_out=chunks[-1].usage_metadata.candidates_token_count,
        )

    def test_content_stream_without_waiting(self):
        async def ask():
            chat = self.client.aio.chats.create(model=MODEL)
            stream = await chat.send_message_stream(QUESTION)
            text = "".join([chunk.text or "" async for chunk in stream])
            await self.client.aio.aclose()
            return text

        self.assert_answer(asyncio.run(ask()))
        self.assert_logged(model=MODEL, tokens_in=QUESTION_TOKENS)

    def test_every_version_of_the_api(self):
        for version in ["v1", "v1beta", "v1alpha"]:
            with self.subTest(version):
                client = self.client_of(api_version=version)
                answer = client.models.generate_content(model=MODEL, contents=QUESTION)
                self.assert_answer(answer.text)
                self.assert_logged(path=f"{version}/models/{MODEL}:generateContent")

    def test_count_tokens(self):
        counted = self.client.models.count_tokens(model=MODEL, contents=QUESTION)
        self.assertEqual(counted.total_tokens, QUESTION_TOKENS)
        self.assert_logged(path=f"v1/models/{MODEL}:countTokens", model=MODEL)

    def test_embeddings(self):
        answer = self.client.models.embed_content(
            model="gemini-embedding-001",
            contents=["one two", "three"],
            config={"output_dimensionality": 8},
        )
        self.assertEqual([len(one.values) for one in answer.embeddings], [8, 8])
        self.assert_logged(
            model="gemini-embedding-001", path="v1/models/gemini-embedding-001:batchEmbedContents"
        )

    def test_models(self):
        names = [model.name for model in self.client.models.list()]
        self.assertIn("models/offline-chat", names)
        self.assert_logged(path="v1/models", provider="google-ai-studio")
        self.assertEqual(self.client.models.get(model="offline-chat").name, "models/offline-chat")
        self.assert_logged(path="v1/models/offline-chat")

    def test_the_providers_errors_keep_their_class(self):
        for status, kind, name in [
            (400, errors.ClientError, "INVALID_ARGUMENT"),
            (401, errors.ClientError, "UNAUTHENTICATED"),
            (429, errors.ClientError, "RESOURCE_EXHAUSTED"),
            (503, errors.ServerError, "UNAVAILABLE"),
        ]:
            model = f"fault-{status}"
            with self.subTest(status), self.assertRaises(kind) as raised:
                self.client.models.generate_content(model=model, contents=QUESTION)
            self.assertEqual((raised.exception.code, raised.exception.status), (status, name))
            self.assert_logged(model=model, status_code=status, success=False)

    def test_a_stream_that_breaks_is_no_clean_end(self):
        chunks = []
        with self.assertRaisesRegex(errors.ServerError, "broke off"):
            for chunk in self.client.models.generate_content_stream(
                model="fault-cut", contents=QUESTION
            ):
                chunks.append(chunk)
        self.assertTrue(chunks)
        self.assertIsNone(chunks[-1].candidates[0].finish_reason)
        self.assert_log_of_break(model="fault-cut")

    def test_a_stream_that_breaks_is_no_clean_end_without_waiting(self):
        async def ask():
            ask = self.client.aio.models.generate_content_stream
            return [chunk async for chunk in await ask(model="fault-cut", contents=QUESTION)]

        # Here the transport is aiohttp, wherever that is installed.
        with self.assertRaisesRegex(errors.ServerError, "broke off"):
            asyncio.run(ask())
        self.assert_log_of_break(model="fault-cut")

    def test_an_error_in_a_stream_is_raised(self):
        stream = self.client.models.generate_content_stream(model="fault-event", contents="a")
        with self.assertRaises(errors.APIError) as raised:
            list(stream)
        self.assertEqual((raised.exception.code, raised.exception.status), (500, "INTERNAL"))


if __name__ == "__main__":
    unittest.main()
