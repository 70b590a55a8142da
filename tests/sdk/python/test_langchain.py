"""LangChain's chat models and embeddings for OpenAI and Anthropic."""

import asyncio
import os
import unittest

import anthropic
import openai

# Nothing is to be reported to anybody.
os.environ["LANGSMITH_TRACING"] = "false"

from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from demo import GATEWAY, QUESTION, QUESTION_TOKENS, Arrival, SdkTest

DISTRIBUTIONS = ["langchain-openai", "langchain-anthropic"]


class Cases:
    """What both have; the classes below say which is meant."""

    provider = ""
    path = ""
    model = ""
    rate_limit_error = Exception
    stream_error = Exception

    def chat_model(self, model=None, **more):
        raise NotImplementedError

    def options(self):
        return {"api_key": "not-needed", "default_headers": self.headers(), "max_retries": 0}

    def test_invoke(self):
        answer = self.chat_model().invoke(QUESTION)
        self.assert_answer(answer.content)
        self.assertEqual(answer.usage_metadata["input_tokens"], QUESTION_TOKENS)
        self.assert_logged(
            provider=self.provider,
            path=self.path,
            model=self.model,
            tokens_in=QUESTION_TOKENS,
            tokens_out=answer.usage_metadata["output_tokens"],
        )

    def test_stream(self):
        model = self.chat_model(stream_usage=True)
        arrival = Arrival()
        chunks = list(arrival.watch(model.stream(QUESTION)))
        self.assert_incremental(arrival)
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        self.assert_answer(whole.content)
        self.assert_logged(
            model=self.model,
            tokens_in=QUESTION_TOKENS,
            tokens_out=whole.usage_metadata["output_tokens"],
        )

    def test_stream_without_waiting(self):
        async def ask():
            return [chunk.content async for chunk in self.chat_model().astream(QUESTION)]

        self.assert_answer("".join(asyncio.run(ask())))
        self.assert_logged(model=self.model, path=self.path)

    def test_the_providers_errors_keep_their_class(self):
        with self.assertRaises(self.rate_limit_error):
            self.chat_model("fault-429").invoke(QUESTION)
        self.assert_logged(model="fault-429", status_code=429, success=False)

    def test_a_stream_that_breaks_is_no_clean_end(self):
        seen = []
        with self.assertRaisesRegex(self.stream_error, "broke off"):
            for chunk in self.chat_model("fault-cut").stream(QUESTION):
                seen.append(chunk.content)
        self.assertTrue(any(seen))
        self.assert_log_of_break(model="fault-cut")


class LangChainOpenAi(Cases, SdkTest):
    provider = "openai"
    path = "chat/completions"
    model = "gpt-4o-mini"
    rate_limit_error = openai.RateLimitError
    stream_error = openai.APIError

    def chat_model(self, model=None, **more):
        return ChatOpenAI(
            model=model or self.model, base_url=f"{GATEWAY}/openai", **self.options(), **more
        )

    def test_responses(self):
        answer = self.chat_model(use_responses_api=True).invoke(QUESTION)
        self.assert_answer(answer.text)
        self.assert_logged(path="responses", model=self.model, tokens_in=QUESTION_TOKENS)

    def test_embeddings(self):
        embeddings = OpenAIEmbeddings(
            model="text-embedding-3-small",
            base_url=f"{GATEWAY}/openai",
            # Otherwise it cuts texts by a tokenizer that it fetches first.
            check_embedding_ctx_length=False,
            **self.options(),
        )
        self.assertEqual(len(embeddings.embed_documents(["one two", "three"])), 2)
        self.assert_logged(path="embeddings", model="text-embedding-3-small", tokens_in=3)


class LangChainAnthropic(Cases, SdkTest):
    provider = "anthropic"
    path = "v1/messages"
    model = "claude-sonnet-5"
    rate_limit_error = anthropic.RateLimitError
    stream_error = anthropic.APIStatusError

    def chat_model(self, model=None, **more):
        return ChatAnthropic(
            model=model or self.model, base_url=f"{GATEWAY}/anthropic", **self.options(), **more
        )


if __name__ == "__main__":
    unittest.main()
