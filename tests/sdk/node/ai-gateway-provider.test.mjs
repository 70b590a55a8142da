// Cloudflare's provider for the Vercel AI SDK that falls back from one model to the next.
// Tries: ai-gateway-provider, ai, @ai-sdk/openai, @ai-sdk/anthropic

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { generateText, streamText } from "ai";
import {
  AiGatewayDoesNotExist,
  AiGatewayUnauthorizedError,
  createAiGateway,
} from "ai-gateway-provider";
import { createAnthropic } from "ai-gateway-provider/providers/anthropic";
import { createOpenAI } from "ai-gateway-provider/providers/openai";

import { aiSdkCases } from "./ai-sdk.mjs";
import { DEMO, GATEWAY, Marked, ORIGIN, QUESTION, assertAnswer, towards } from "./demo.mjs";

// It has Cloudflare's host built in and takes no `fetch`: that of the process has to know the way.
globalThis.fetch = towards(ORIGIN);

const openai = createOpenAI({ apiKey: "sk-not-needed" });
const anthropic = createAnthropic({ apiKey: "sk-ant-not-needed" });

function gatewayFor(marked, options = {}) {
  return createAiGateway({
    accountId: DEMO.account,
    gateway: DEMO.gateway,
    apiKey: DEMO.token,
    options: { metadata: marked.metadata, ...options },
  });
}

/** The other way, without a change to the process: the steps come as they are to be sent. */
function bindingFor(marked) {
  const run = (steps, { signal } = {}) =>
    fetch(GATEWAY, {
      method: "POST",
      headers: { "content-type": "application/json", ...marked.headers },
      body: JSON.stringify(steps),
      signal,
    });
  return createAiGateway({ binding: { run } });
}

aiSdkCases("openai, chat", {
  model: (marked, name) => gatewayFor(marked)(openai.chat(name)),
  row: { provider: "openai", path: "v1/chat/completions", step: 0 },
});
aiSdkCases("openai, responses", {
  model: (marked, name) => gatewayFor(marked)(openai(name)),
  row: { provider: "openai", path: "v1/responses", step: 0 },
});
aiSdkCases("anthropic", {
  model: (marked, name) => gatewayFor(marked)(anthropic(name)),
  row: { provider: "anthropic", path: "v1/messages", step: 0 },
});
aiSdkCases("openai, chat, through a binding", {
  model: (marked, name) => bindingFor(marked)(openai.chat(name)),
  row: { provider: "openai", path: "v1/chat/completions", step: 0 },
});

describe("fallback", () => {
  // The answer is read with the model that `cf-aig-step` names: another provider's, here.
  const models = [openai.chat("fault-500"), openai("fault-404"), anthropic("claude-sonnet-5")];
  const ask = { prompt: QUESTION, maxRetries: 0, maxOutputTokens: 100 };

  test("the step that answered is read in its own dialect", async () => {
    const marked = new Marked();
    const answer = await generateText({ model: gatewayFor(marked)(models), ...ask });
    assertAnswer(answer.text);
    await marked.logged({ provider: "anthropic", model: "claude-sonnet-5", step: 2 });
    for (const [step, status] of [500, 404].entries()) {
      const wanted = { outcome: "superseded", status_code: status, success: false, step };
      await marked.logged({ provider: "openai", ...wanted });
    }
  });

  test("as a stream", async () => {
    const marked = new Marked();
    const answer = streamText({ model: gatewayFor(marked)(models), ...ask });
    assertAnswer(await answer.text);
    await marked.logged({ provider: "anthropic", model: "claude-sonnet-5", step: 2 });
  });

  test("the last error is that of the last step", async () => {
    const model = gatewayFor(new Marked())([anthropic("fault-500"), openai.chat("fault-429")]);
    await assert.rejects(generateText({ model, ...ask }), { statusCode: 429 });
  });
});

describe("the gateway's own errors", () => {
  const ask = { prompt: QUESTION, maxRetries: 0 };
  const named = (gateway, apiKey) =>
    createAiGateway({ accountId: DEMO.account, gateway, apiKey })(openai.chat("m"));

  test("no such gateway", async () => {
    const model = named("no-such-gateway", DEMO.token);
    await assert.rejects(generateText({ model, ...ask }), AiGatewayDoesNotExist);
  });

  test("no token where one is wanted", async () => {
    const model = named("default", undefined);
    await assert.rejects(generateText({ model, ...ask }), AiGatewayUnauthorizedError);
  });
});
