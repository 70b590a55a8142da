// The Gemini SDK of Google.
// Tries: @google/genai

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ApiError, GoogleGenAI } from "@google/genai";

import { GATEWAY, Marked, QUESTION, QUESTION_TOKENS, assertAnswer, incremental } from "./demo.mjs";

const MODEL = "gemini-2.5-flash";

function clientFor(marked, options = {}) {
  return new GoogleGenAI({
    apiKey: "not-needed",
    httpOptions: { baseUrl: `${GATEWAY}/google-ai-studio`, headers: marked.headers },
    ...options,
  });
}

describe("google-genai", () => {
  test("content, in every version of the API", async () => {
    for (const apiVersion of ["v1", "v1beta"]) {
      const marked = new Marked();
      const client = clientFor(marked, { apiVersion });
      const answer = await client.models.generateContent({ model: MODEL, contents: QUESTION });
      assertAnswer(answer.text);
      await marked.logged({
        provider: "google-ai-studio",
        model: MODEL,
        path: `${apiVersion}/models/${MODEL}:generateContent`,
        tokens_in: QUESTION_TOKENS,
        tokens_out: answer.usageMetadata.candidatesTokenCount,
      });
    }
  });

  test("content as a stream", async () => {
    const marked = new Marked();
    const client = clientFor(marked);
    await client.models.list(); // opens the connection, which is not what is measured
    const begin = performance.now();
    const stream = await client.models.generateContentStream({ model: MODEL, contents: QUESTION });
    const chunks = await incremental(stream, begin);
    assertAnswer(chunks.map((chunk) => chunk.text ?? "").join(""));
    assert.equal(chunks.at(-1).candidates[0].finishReason, "STOP");
    await marked.logged({
      model: MODEL,
      tokens_in: QUESTION_TOKENS,
      tokens_out: chunks.at(-1).usageMetadata.candidatesTokenCount,
    });
  });

  test("embeddings", async () => {
    const marked = new Marked();
    const answer = await clientFor(marked).models.embedContent({
      model: "gemini-embedding-001",
      contents: ["one two", "three"],
    });
    assert.equal(answer.embeddings.length, 2);
    await marked.logged({ model: "gemini-embedding-001" });
  });

  test("errors keep their class", async () => {
    for (const status of [400, 401, 429, 503]) {
      const marked = new Marked();
      const model = `fault-${status}`;
      await assert.rejects(
        clientFor(marked).models.generateContent({ model, contents: QUESTION }),
        (error) => error instanceof ApiError && error.status === status,
      );
      await marked.logged({ model, status_code: status, success: false });
    }
  });

  test("a stream that breaks is no clean end", async () => {
    const marked = new Marked();
    const ask = { model: "fault-cut", contents: QUESTION };
    await assert.rejects(async () => {
      for await (const _ of await clientFor(marked).models.generateContentStream(ask));
    });
    await marked.loggedBreak({ model: "fault-cut" });
  });
});
