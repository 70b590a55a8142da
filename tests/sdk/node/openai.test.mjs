// The OpenAI SDK.
// Tries: openai

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import OpenAI from "openai";

import {
  DEMO,
  GATEWAY,
  MESSAGES,
  Marked,
  ORIGIN,
  QUESTION,
  QUESTION_TOKENS,
  assertAnswer,
  incremental,
} from "./demo.mjs";

function clientFor(marked, place = `${GATEWAY}/openai`) {
  return new OpenAI({
    baseURL: place,
    apiKey: "sk-not-needed",
    defaultHeaders: marked.headers,
    maxRetries: 0,
  });
}

const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

describe("openai", () => {
  test("chat, at both spellings of the path", async () => {
    for (const [place, path] of [
      ["openai", "chat/completions"],
      ["openai/v1", "v1/chat/completions"],
    ]) {
      const marked = new Marked();
      const client = clientFor(marked, `${GATEWAY}/${place}`);
      const chat = await client.chat.completions.create({ model: "gpt-4o-mini", messages: MESSAGES });
      assertAnswer(chat.choices[0].message.content);
      assert.equal(chat.usage.prompt_tokens, QUESTION_TOKENS);
      await marked.logged({
        provider: "openai",
        model: "gpt-4o-mini",
        path,
        tokens_in: QUESTION_TOKENS,
        tokens_out: chat.usage.completion_tokens,
      });
    }
  });

  test("chat as a stream", async () => {
    const marked = new Marked();
    const client = clientFor(marked);
    await client.models.list(); // opens the connection, which is not what is measured
    const begin = performance.now();
    const stream = await client.chat.completions.create({
      model: "gpt-4o-mini",
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await incremental(stream, begin);
    assertAnswer(textOf(chunks));
    assert.deepEqual(chunks.at(-1).choices, []);
    await marked.logged({
      model: "gpt-4o-mini",
      tokens_in: QUESTION_TOKENS,
      tokens_out: chunks.at(-1).usage.completion_tokens,
    });
  });

  test("every chunk has a choice when usage is not asked for", async () => {
    const marked = new Marked();
    const stream = await clientFor(marked).chat.completions.create({
      model: "gpt-4o-mini",
      messages: MESSAGES,
      stream: true,
    });
    for await (const chunk of stream) {
      assert.equal(chunk.choices.length, 1);
    }
    await marked.logged({ model: "gpt-4o-mini" });
  });

  test("responses, whole and as a stream", async () => {
    const marked = new Marked();
    const client = clientFor(marked);
    const whole = await client.responses.create({ model: "gpt-4.1", input: QUESTION });
    assertAnswer(whole.output_text);
    await marked.logged({ path: "responses", model: "gpt-4.1", tokens_in: QUESTION_TOKENS });
    const streamed = client.responses.stream({ model: "gpt-4.1-mini", input: QUESTION });
    const final = await streamed.finalResponse();
    assertAnswer(final.output_text);
    await marked.logged({
      path: "responses",
      model: "gpt-4.1-mini",
      tokens_out: final.usage.output_tokens,
    });
  });

  test("embeddings", async () => {
    const marked = new Marked();
    const answer = await clientFor(marked).embeddings.create({
      model: "text-embedding-3-small",
      input: ["one two", "three"],
      dimensions: 8,
    });
    // Asked for as base64, and decoded by the SDK.
    assert.deepEqual(
      answer.data.map((one) => one.embedding.length),
      [8, 8],
    );
    await marked.logged({ path: "embeddings", model: "text-embedding-3-small", tokens_in: 3 });
  });

  test("errors keep their class", async () => {
    for (const [status, kind] of [
      [400, OpenAI.BadRequestError],
      [401, OpenAI.AuthenticationError],
      [403, OpenAI.PermissionDeniedError],
      [404, OpenAI.NotFoundError],
      [422, OpenAI.UnprocessableEntityError],
      [429, OpenAI.RateLimitError],
      [503, OpenAI.InternalServerError],
    ]) {
      const marked = new Marked();
      const model = `fault-${status}`;
      await assert.rejects(
        clientFor(marked).chat.completions.create({ model, messages: MESSAGES }),
        (error) => error instanceof kind && error.status === status && error.message.includes(model),
      );
      await marked.logged({ model, status_code: status, success: false });
    }
  });

  test("the gateway's own errors are told apart", async () => {
    const account = `${ORIGIN}/v1/${DEMO.account}`;
    await assert.rejects(
      clientFor(new Marked(), `${account}/no-such-gateway/openai`).models.list(),
      (error) => error instanceof OpenAI.BadRequestError && error.error[0].code === 2001,
    );
    // The gateway that every account has wants a token.
    await assert.rejects(
      clientFor({ headers: {} }, `${account}/default/openai`).models.list(),
      (error) => error instanceof OpenAI.AuthenticationError && error.error[0].code === 2009,
    );
  });

  test("a stream that breaks is no clean end", async () => {
    const marked = new Marked();
    const reasons = [];
    const stream = await clientFor(marked).chat.completions.create({
      model: "fault-cut",
      messages: MESSAGES,
      stream: true,
    });
    await assert.rejects(async () => {
      for await (const chunk of stream) {
        reasons.push(chunk.choices[0].finish_reason);
      }
    }, /broke off/);
    assert.ok(reasons.length > 0 && !reasons.includes("stop"));
    await marked.loggedBreak({ model: "fault-cut" });
  });

  test("an error in a stream is raised", async () => {
    const client = clientFor(new Marked());
    const ask = { model: "fault-event", messages: MESSAGES, stream: true };
    await assert.rejects(async () => {
      for await (const _ of await client.chat.completions.create(ask));
    }, OpenAI.APIError);
    const streamed = client.responses.stream({ model: "fault-event", input: QUESTION });
    await assert.rejects(streamed.finalResponse());
  });
});
