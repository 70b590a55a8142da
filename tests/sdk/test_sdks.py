"""The unmodified OpenAI and Anthropic SDKs against a running `aig demo`.

`run` starts the demo and passes its line of JSON in AIG_DEMO. Every test is an ordinary call of
an SDK; what it got is then compared with the row that the logs API shows for it.
"""

import json
import os
import time
import unittest
import urllib.error
import urllib.request

import anthropic
import openai

DEMO = json.loads(os.environ["AIG_DEMO"])
GATEWAY = f"{DEMO['base_url']}/v1/{DEMO['account']}/{DEMO['gateway']}"
LOGS = (
    f"{DEMO['base_url']}/client/v4/accounts/{DEMO['account']}"
    f"/ai-gateway/gateways/{DEMO['gateway']}/logs"
)
TOKEN = {"cf-aig-authorization": f"Bearer {DEMO['token']}"}
# The demo's provider counts one token per word, and repeats the question in its answer.
QUESTION = "Why is the sky blue today?"
QUESTION_TOKENS = 6
# How long a row of the log may take to show up; the gateway promises a second.
ROW_DEADLINE = 15


def openai_client(gateway=GATEWAY, headers=TOKEN):
    return openai.OpenAI(
        base_url=f"{gateway}/openai",
        api_key="sk-not-needed",
        default_headers=headers,
        max_retries=0,
        timeout=60,
    )


def anthropic_client(gateway=GATEWAY, headers=TOKEN):
    return anthropic.Anthropic(
        base_url=f"{gateway}/anthropic",
        api_key="sk-ant-not-needed",
        default_headers=headers,
        max_retries=0,
        timeout=60,
    )


class Arrival:
    """When each piece of a stream arrived, counted from the moment before the request."""

    def __init__(self):
        self.begin = time.monotonic()
        self.times = []

    def watch(self, stream):
        for piece in stream:
            self.times.append(time.monotonic() - self.begin)
            yield piece


class SdkTest(unittest.TestCase):
    def assert_incremental(self, arrival):
        """Pieces came one by one: a buffered stream would come at once, when its last word is there.

        Compared with the whole duration, so that a slow machine changes nothing.
        """
        first, last = arrival.times[0], arrival.times[-1]
        self.assertGreater(len(arrival.times), 10)
        self.assertLess(first, last / 2, f"the first piece came at {first:.3f} of {last:.3f} s")
        apart = sum(b - a > 0.005 for a, b in zip(arrival.times, arrival.times[1:]))
        self.assertGreater(apart, len(arrival.times) // 3, f"{apart} pauses: {arrival.times}")

    def assert_logged(self, headers, **wanted):
        """The answer names its row, and the row says what the SDK saw."""
        log_id = headers["cf-aig-log-id"]
        self.assertEqual(headers["cf-aig-event-id"], log_id)
        self.assertEqual(headers["cf-aig-request-id"], log_id)
        self.assertEqual(headers["cf-aig-step"], "0")
        row = self.row(log_id)
        wanted = {"cached": False, "success": True, "status_code": 200, **wanted}
        self.assertEqual({name: row.get(name) for name in wanted}, wanted)
        self.assertGreaterEqual(row["duration"], 0)

    def row(self, log_id):
        deadline = time.monotonic() + ROW_DEADLINE
        while True:
            for row in self.rows():
                if row["id"] == log_id:
                    return row
            if time.monotonic() > deadline:
                self.fail(f"no row {log_id} in the log after {ROW_DEADLINE} s")
            time.sleep(0.05)

    def rows(self):
        request = urllib.request.Request(
            f"{LOGS}?per_page=50", headers={"Authorization": f"Bearer {DEMO['token']}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = json.load(answer)
        self.assertIs(body["success"], True)
        return body["result"]


class OpenAi(SdkTest):
    MESSAGES = [{"role": "user", "content": QUESTION}]

    def setUp(self):
        self.client = openai_client()
        self.addCleanup(self.client.close)

    def test_chat(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=self.MESSAGES
        )
        chat = raw.parse()
        text = chat.choices[0].message.content
        self.assertIn(QUESTION, text)
        self.assertEqual(chat.usage.prompt_tokens, QUESTION_TOKENS)
        self.assertEqual(chat.usage.completion_tokens, len(text.split()))
        self.assert_logged(
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
            messages=self.MESSAGES,
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
        self.assert_logged(
            raw.headers,
            provider="openai",
            model="gpt-4o-mini",
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.completion_tokens,
        )

    def test_chat_stream_without_usage_has_choices_in_every_chunk(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=self.MESSAGES, stream=True
        )
        chunks = list(raw.parse())
        self.assertTrue(all(len(chunk.choices) == 1 for chunk in chunks))
        self.assertTrue(all(chunk.usage is None for chunk in chunks))
        self.assert_logged(raw.headers, model="gpt-4o-mini")

    def test_responses(self):
        raw = self.client.responses.with_raw_response.create(
            model="gpt-4.1", input=QUESTION, instructions="Be brief."
        )
        response = raw.parse()
        self.assertIn(QUESTION, response.output_text)
        self.assertEqual(response.status, "completed")
        self.assertEqual(response.usage.input_tokens, QUESTION_TOKENS + 2)
        self.assert_logged(
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
        self.assert_logged(
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
        self.assert_logged(
            raw.headers, model="text-embedding-3-small", path="embeddings", tokens_in=3
        )

    def test_models(self):
        raw = self.client.models.with_raw_response.list()
        names = [model.id for model in raw.parse()]
        self.assertIn("offline-chat", names)
        self.assertEqual(self.client.models.retrieve(names[0]).id, names[0])
        self.assert_logged(raw.headers, provider="openai", path="models", tokens_in=None)

    def test_both_spellings_of_the_path(self):
        client = openai.OpenAI(
            base_url=f"{GATEWAY}/openai/v1", api_key="x", default_headers=TOKEN, max_retries=0
        )
        self.addCleanup(client.close)
        chat = client.chat.completions.create(model="m", messages=self.MESSAGES)
        self.assertIn(QUESTION, chat.choices[0].message.content)

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
                self.client.chat.completions.create(model=model, messages=self.MESSAGES)
            headers = raised.exception.response.headers
            self.assertIn(str(status), raised.exception.message)
            self.assert_logged(headers, model=model, status_code=status, success=False)
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
            model="left-early", messages=self.MESSAGES, stream=True
        )
        stream = raw.parse()
        next(iter(stream))
        stream.close()
        row = self.row(raw.headers["cf-aig-log-id"])
        self.assertIs(row["success"], False)


class Anthropic(SdkTest):
    ASK = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 200,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": QUESTION}],
    }

    def setUp(self):
        self.client = anthropic_client()
        self.addCleanup(self.client.close)

    def test_messages(self):
        raw = self.client.messages.with_raw_response.create(**self.ASK)
        message = raw.parse()
        text = message.content[0].text
        self.assertIn(QUESTION, text)
        self.assertEqual(message.stop_reason, "end_turn")
        self.assertEqual(message.usage.input_tokens, QUESTION_TOKENS + 2)
        self.assert_logged(
            raw.headers,
            provider="anthropic",
            model="claude-sonnet-4-5",
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
        self.assert_logged(
            headers,
            provider="anthropic",
            model="claude-sonnet-4-5",
            tokens_in=message.usage.input_tokens,
            tokens_out=message.usage.output_tokens,
        )

    def test_messages_stream_events(self):
        raw = self.client.messages.with_raw_response.create(**self.ASK, stream=True)
        kinds = [event.type for event in raw.parse()]
        self.assertEqual((kinds[0], kinds[-1]), ("message_start", "message_stop"))
        self.assert_logged(raw.headers, tokens_in=QUESTION_TOKENS + 2)

    def test_count_tokens(self):
        ask = {name: value for name, value in self.ASK.items() if name != "max_tokens"}
        raw = self.client.messages.with_raw_response.count_tokens(**ask)
        self.assertEqual(raw.parse().input_tokens, QUESTION_TOKENS + 2)
        self.assert_logged(raw.headers, path="v1/messages/count_tokens", tokens_in=None)

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
            self.assert_logged(headers, model=model, status_code=status, success=False)


class Unified(SdkTest):
    """The model's name says which provider is meant, on the gateway host and on the API host."""

    API = f"{DEMO['base_url']}/client/v4/accounts/{DEMO['account']}/ai"
    NAMED = {"cf-aig-gateway-id": DEMO["gateway"]}

    def openai(self, base_url, **settings):
        client = openai.OpenAI(base_url=base_url, max_retries=0, timeout=60, **settings)
        self.addCleanup(client.close)
        return client

    def test_chat_and_models_of_compat(self):
        client = self.openai(f"{GATEWAY}/compat", api_key="sk-x", default_headers=TOKEN)
        for model, provider, path in [
            ("openai/gpt-4o-mini", "openai", "chat/completions"),
            ("google/gemini-x", "google-ai-studio", "v1beta/openai/chat/completions"),
        ]:
            raw = client.chat.completions.with_raw_response.create(
                model=model, messages=OpenAi.MESSAGES
            )
            self.assertIn(QUESTION, raw.parse().choices[0].message.content)
            name = model.split("/")[1]
            self.assert_logged(raw.headers, provider=provider, model=name, path=path)
        listed = [model.id for model in client.models.list()]
        self.assertIn("openai/offline-chat", listed)
        chat = client.chat.completions.create(model=listed[0], messages=OpenAi.MESSAGES)
        self.assertIn(QUESTION, chat.choices[0].message.content)

    def test_openai_on_the_api_host(self):
        client = self.openai(f"{self.API}/v1", api_key=DEMO["token"], default_headers=self.NAMED)
        raw = client.responses.with_raw_response.create(model="openai/gpt-4.1", input=QUESTION)
        self.assertIn(QUESTION, raw.parse().output_text)
        self.assert_logged(raw.headers, provider="openai", model="gpt-4.1", path="responses")
        chunks = client.chat.completions.create(
            model="workers-ai/@cf/a/b", messages=OpenAi.MESSAGES, stream=True
        )
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertIn(QUESTION, text)
        with self.assertRaises(openai.BadRequestError) as raised:
            client.chat.completions.create(model="gpt-4o", messages=OpenAi.MESSAGES)
        self.assertEqual(raised.exception.code, "2019")
        self.assertIn("openai/gpt-5-mini", raised.exception.message)
        stranger = self.openai(f"{self.API}/v1", api_key="sk-x", default_headers=self.NAMED)
        with self.assertRaises(openai.AuthenticationError):
            stranger.chat.completions.create(model="openai/x", messages=OpenAi.MESSAGES)

    def test_anthropic_on_the_api_host(self):
        ask = {**Anthropic.ASK, "model": "anthropic/claude-sonnet-4-5"}
        for base_url in [self.API, f"{self.API}/v1"]:
            client = anthropic.Anthropic(
                base_url=base_url,
                api_key=DEMO["token"],
                default_headers=self.NAMED,
                max_retries=0,
                timeout=60,
            )
            self.addCleanup(client.close)
            raw = client.messages.with_raw_response.create(**ask)
            self.assertIn(QUESTION, raw.parse().content[0].text)
            self.assert_logged(
                raw.headers, provider="anthropic", model="claude-sonnet-4-5", path="v1/messages"
            )
            with self.assertRaises(anthropic.BadRequestError) as raised:
                client.messages.create(**{**ask, "model": "openai/gpt-5"})
            self.assertEqual(raised.exception.body["error"]["type"], "invalid_request_error")
            self.assertIn("openai/chat/completions", str(raised.exception))


class Logs(SdkTest):
    def test_no_token_no_logs(self):
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(LOGS, timeout=60)
        with raised.exception as answer:
            self.assertEqual(answer.status, 401)


if __name__ == "__main__":
    unittest.main()
