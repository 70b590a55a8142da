// The Anthropic SDK.
// Tries: @anthropic-ai/sdk

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { GATEWAY, MESSAGES, Marked, QUESTION_TOKENS, assertAnswer, incremental } from "./demo.mjs";

const MODEL = "claude-sonnet-5";
const ASK = { model: MODEL, max_tokens: 100, messages: MESSAGES };

function clientFor(marked, place = `${GATEWAY}/anthropic`) {
  return new Anthropic({
    baseURL: place,
    apiKey: "sk-ant-not-needed",
    defaultHeaders: marked.headers,
    maxRetries: 0,
  });
}

describe("anthropic", () => {
  test("messages, at both spellings of the path", async () => {
    for (const [place, path] of [
      ["anthropic", "v1/messages"],
      ["anthropic/v1", "v1/v1/messages"],
    ]) {
      const marked = new Marked();
      const message = await clientFor(marked, `${GATEWAY}/${place}`).messages.create(ASK);
      assertAnswer(message.content[0].text);
      await marked.logged({
        provider: "anthropic",
        model: MODEL,
        path,
        tokens_in: QUESTION_TOKENS,
        tokens_out: message.usage.output_tokens,
      });
    }
  });

  test("messages as a stream", async () => {
    const marked = new Marked();
    const client = clientFor(marked);
    await client.models.list(); // opens the connection, which is not what is measured
    const begin = performance.now();
    const stream = client.messages.stream(ASK);
    const events = await incremental(stream, begin);
    assert.equal(events.at(-1).type, "message_stop");
    const message = await stream.finalMessage();
    assertAnswer(message.content[0].text);
    await marked.logged({
      model: MODEL,
      tokens_in: QUESTION_TOKENS,
      tokens_out: message.usage.output_tokens,
    });
  });

  test("tokens are counted, models are listed", async () => {
    const marked = new Marked();
    const client = clientFor(marked);
    const counted = await client.messages.countTokens({ model: MODEL, messages: MESSAGES });
    assert.equal(counted.input_tokens, QUESTION_TOKENS);
    await marked.logged({ path: "v1/messages/count_tokens", model: MODEL });
    const names = [];
    for await (const model of client.models.list()) {
      names.push(model.id);
    }
    assert.ok(names.includes("offline-chat"));
    await marked.logged({ path: "v1/models", provider: "anthropic" });
  });

  test("errors keep their class", async () => {
    for (const [status, kind] of [
      [400, Anthropic.BadRequestError],
      [401, Anthropic.AuthenticationError],
      [429, Anthropic.RateLimitError],
      [529, Anthropic.InternalServerError],
    ]) {
      const marked = new Marked();
      const model = `fault-${status}`;
      await assert.rejects(
        clientFor(marked).messages.create({ ...ASK, model }),
        (error) => error instanceof kind && error.error.type === "error",
      );
      await marked.logged({ model, status_code: status, success: false });
    }
  });

  test("a stream that breaks is no clean end", async () => {
    const marked = new Marked();
    const kinds = [];
    const stream = clientFor(marked).messages.stream({ ...ASK, model: "fault-cut" });
    await assert.rejects(async () => {
      for await (const event of stream) {
        kinds.push(event.type);
      }
    }, Anthropic.AnthropicError);
    assert.ok(kinds.includes("content_block_delta") && !kinds.includes("message_stop"));
    await marked.loggedBreak({ model: "fault-cut" });
  });

  test("an error in a stream is raised", async () => {
    const stream = clientFor(new Marked()).messages.stream({ ...ASK, model: "fault-event" });
    await assert.rejects(stream.finalMessage(), Anthropic.APIError);
  });
});
