// What is tried with every model of the Vercel AI SDK, whichever package it comes from.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { APICallError, embedMany, generateText, streamText } from "ai";

import { Marked, QUESTION, QUESTION_TOKENS, assertAnswer, incremental } from "./demo.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

const LIMITS = { maxRetries: 0, maxOutputTokens: 100 };

/**
 * `model(marked, name)` makes the model, `row` is what every row says, `prefix` stands in front of
 * the names of models.
 */
export function aiSdkCases(title, { model, row, prefix = "" }) {
  describe(title, () => {
    test("text", async () => {
      const marked = new Marked();
      const ask = { model: model(marked, `${prefix}m-1`), prompt: QUESTION, ...LIMITS };
      const answer = await generateText(ask);
      assertAnswer(answer.text);
      assert.equal(answer.finishReason, "stop");
      assert.equal(answer.usage.inputTokens, QUESTION_TOKENS);
      await marked.logged({
        ...row,
        model: `${prefix}m-1`,
        tokens_in: QUESTION_TOKENS,
        tokens_out: answer.usage.outputTokens,
      });
    });

    test("text as a stream", async () => {
      const marked = new Marked();
      const begin = performance.now();
      const ask = { model: model(marked, `${prefix}m-1`), prompt: QUESTION, ...LIMITS };
      const answer = streamText(ask);
      assertAnswer((await incremental(answer.textStream, begin)).join(""));
      assert.equal(await answer.finishReason, "stop");
      // One row: a stream that is not answered as one would be asked for again as a whole.
      await marked.logged({
        ...row,
        model: `${prefix}m-1`,
        tokens_in: QUESTION_TOKENS,
        tokens_out: (await answer.usage).outputTokens,
      });
    });

    test("errors keep their class", async () => {
      for (const [status, again] of [
        [401, false],
        [429, true],
        [503, true],
      ]) {
        const marked = new Marked();
        const name = `${prefix}fault-${status}`;
        const ask = { model: model(marked, name), prompt: QUESTION, ...LIMITS };
        await assert.rejects(
          generateText(ask),
          (error) =>
            APICallError.isInstance(error) &&
            error.statusCode === status &&
            error.isRetryable === again &&
            error.message.includes(name),
        );
        await marked.logged({ ...row, model: name, status_code: status, success: false });
      }
    });

    for (const [fault, loggedAs] of [
      ["fault-cut", (marked) => marked.loggedBreak(row)],
      ["fault-event", async () => {}],
    ]) {
      test(`a stream with ${fault} is no clean end`, async () => {
        const marked = new Marked();
        const { errors, finish } = await endOf(model(marked, `${prefix}${fault}`));
        assert.notEqual(finish, "stop");
        assert.ok(errors.length > 0 || finish === "error", "nothing tells that it broke");
        await loggedAs(marked);
      });
    }
  });
}

export function embeddingCase(title, { model, row }) {
  test(`embeddings of ${title}`, async () => {
    const marked = new Marked();
    const values = ["one two", "three"];
    const answer = await embedMany({ model: model(marked), values, maxRetries: 0 });
    assert.equal(answer.embeddings.length, 2);
    await marked.logged(row);
  });
}

/** How a stream ends: by errors among its parts, by one that is thrown, or by its last word. */
async function endOf(model) {
  const errors = [];
  const ask = { model, prompt: QUESTION, onError: () => {}, ...LIMITS };
  const answer = streamText(ask);
  const finish = answer.finishReason.then(
    (reason) => reason,
    () => undefined,
  );
  try {
    for await (const part of answer.fullStream) {
      if (part.type === "error") {
        errors.push(part.error);
      }
    }
  } catch (error) {
    errors.push(error);
  }
  return { errors, finish: await finish };
}
