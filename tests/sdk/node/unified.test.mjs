// The unified endpoints: the model's name says which provider is meant, at `/compat` and at
// Cloudflare's REST API.
// Tries: openai, @anthropic-ai/sdk, ai-gateway-provider
//
// `UNIFIED` in `run` says whether they are served. While they are not, one test holds that against
// the product, so that the switch cannot be forgotten.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import { createAiGateway } from "ai-gateway-provider";
import { createUnified } from "ai-gateway-provider/providers/unified";
import OpenAI from "openai";

import { aiSdkCases } from "./ai-sdk.mjs";
import {
  AI,
  DEMO,
  GATEWAY,
  MESSAGES,
  Marked,
  ORIGIN,
  QUESTION,
  QUESTION_TOKENS,
  assertAnswer,
  incremental,
  towards,
} from "./demo.mjs";

const SERVED = { yes: true, no: false }[process.env.AIG_SDK_UNIFIED];

// Providers that speak this dialect somewhere, each at a path of its own, with a model, and what
// stands in front of the models that fail.
const MODELS = [
  ["openai", "gpt-4o-mini", ""],
  ["google-ai-studio", "gemini-2.5-flash", ""],
  ["workers-ai", "@cf/meta/llama-3.1-8b-instruct", "@cf/offline/"],
];

/** On `…/ai` the bearer is the gateway's token, and a header names the gateway. */
function restHeaders(marked) {
  const { "cf-aig-authorization": _, ...headers } = marked.headers;
  return { ...headers, "cf-aig-gateway-id": DEMO.gateway };
}

const compat = (marked) =>
  new OpenAI({
    baseURL: `${GATEWAY}/compat`,
    apiKey: "sk-not-needed",
    defaultHeaders: marked.headers,
    maxRetries: 0,
  });
const rest = (marked) =>
  new OpenAI({
    baseURL: `${AI}/v1`,
    apiKey: DEMO.token,
    defaultHeaders: restHeaders(marked),
    maxRetries: 0,
  });
const messages = (marked, baseURL) =>
  new Anthropic({ baseURL, apiKey: DEMO.token, defaultHeaders: restHeaders(marked), maxRetries: 0 });

function openAiCases(title, clientFor) {
  describe(title, () => {
    for (const [provider, model, faults] of MODELS) {
      test(`${provider}, whole`, async () => {
        const marked = new Marked();
        const chat = await clientFor(marked).chat.completions.create({
          model: `${provider}/${model}`,
          messages: MESSAGES,
        });
        assertAnswer(chat.choices[0].message.content);
        assert.equal(chat.choices[0].finish_reason, "stop");
        const tokens_out = chat.usage.completion_tokens;
        await marked.logged({ provider, model, tokens_in: QUESTION_TOKENS, tokens_out });
      });

      test(`${provider}, as a stream`, async () => {
        const marked = new Marked();
        const begin = performance.now();
        const stream = await clientFor(marked).chat.completions.create({
          model: `${provider}/${model}`,
          messages: MESSAGES,
          stream: true,
          stream_options: { include_usage: true },
        });
        const chunks = await incremental(stream, begin);
        assertAnswer(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""));
        const tokens_out = chunks.findLast((chunk) => chunk.usage).usage.completion_tokens;
        await marked.logged({ provider, model, tokens_in: QUESTION_TOKENS, tokens_out });
      });

      test(`${provider}, with an error`, async () => {
        const marked = new Marked();
        const ask = { model: `${provider}/${faults}fault-429`, messages: MESSAGES };
        await assert.rejects(clientFor(marked).chat.completions.create(ask), OpenAI.RateLimitError);
        await marked.logged({ provider, status_code: 429, success: false });
      });

      test(`${provider}, with a break`, async () => {
        const ask = { model: `${provider}/${faults}fault-cut`, messages: MESSAGES, stream: true };
        const reasons = [];
        await assert.rejects(async () => {
          for await (const chunk of await clientFor(new Marked()).chat.completions.create(ask)) {
            reasons.push(...chunk.choices.map((choice) => choice.finish_reason));
          }
        });
        assert.ok(!reasons.includes("stop"));
      });
    }

    test("a provider without this dialect is refused", async () => {
      const ask = { model: "anthropic/claude-sonnet-5", messages: MESSAGES };
      const asked = clientFor(new Marked()).chat.completions.create(ask);
      await assert.rejects(asked, OpenAI.BadRequestError);
    });
  });
}

if (SERVED) {
  openAiCases("openai at /compat", compat);
  openAiCases("openai at /ai/v1", rest);

  test("responses at /ai/v1", async () => {
    const marked = new Marked();
    const ask = { model: "openai/gpt-4.1", input: QUESTION };
    assertAnswer((await rest(marked).responses.create(ask)).output_text);
    await marked.logged({ provider: "openai", model: "gpt-4.1", tokens_in: QUESTION_TOKENS });
  });

  // The base URL that Cloudflare documents makes Anthropic's SDK say the version twice.
  for (const baseURL of [AI, `${AI}/v1`]) {
    test(`messages at ${baseURL.slice(AI.length - 3)}/v1/messages`, async () => {
      const ask = { model: "anthropic/claude-sonnet-5", max_tokens: 100, messages: MESSAGES };
      const marked = new Marked();
      assertAnswer((await messages(marked, baseURL).messages.create(ask)).content[0].text);
      const row = { provider: "anthropic", model: "claude-sonnet-5", tokens_in: QUESTION_TOKENS };
      await marked.logged(row);
      const streamed = new Marked();
      const final = await messages(streamed, baseURL).messages.stream(ask).finalMessage();
      assertAnswer(final.content[0].text);
      await streamed.logged(row);
      const failing = messages(new Marked(), baseURL);
      const fault = { ...ask, model: "anthropic/fault-429" };
      await assert.rejects(failing.messages.create(fault), Anthropic.RateLimitError);
    });
  }

  globalThis.fetch = towards(ORIGIN);
  // Without this it asks for no usage in streams.
  const unified = createUnified({ includeUsage: true });
  aiSdkCases("ai-gateway-provider, unified", {
    model: (marked, name) =>
      createAiGateway({
        accountId: DEMO.account,
        gateway: DEMO.gateway,
        apiKey: DEMO.token,
        options: { metadata: marked.metadata },
      })(unified(`openai/${name}`)),
    row: { provider: "openai" },
  });
} else {
  test("they are refused and not half served", async () => {
    const hint = "they are served: write UNIFIED=yes in tests/sdk/run";
    const ask = { model: "openai/m", messages: MESSAGES };
    await assert.rejects(
      compat(new Marked()).chat.completions.create(ask),
      (error) => error instanceof OpenAI.BadRequestError && error.error[0].code === 2008,
      hint,
    );
    await assert.rejects(
      rest(new Marked()).chat.completions.create(ask),
      (error) => error instanceof OpenAI.NotFoundError,
      hint,
    );
    await assert.rejects(
      messages(new Marked(), `${AI}/v1`).messages.create({ ...ask, max_tokens: 9 }),
      (error) => error instanceof Anthropic.NotFoundError,
      hint,
    );
  });
}
