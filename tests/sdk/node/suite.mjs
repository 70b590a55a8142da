// Runs the tests of every SDK in this directory and says, SDK by SDK, what ran.
//
// Arguments are parts of names of files (`openai`, `ai-sdk`); without any, everything runs.

import { readFileSync, readdirSync } from "node:fs";
import { run } from "node:test";
import { inspect } from "node:util";

const here = new URL("./", import.meta.url);
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => !wanted.length || wanted.some((word) => name.includes(word)))
  .sort();
if (!files.length) {
  throw new Error(`no file of tests is called ${wanted.join(" or ")}`);
}
process.env.NODE_OPTIONS = `--import=${new URL("loopback.mjs", here)}`;

// Each file says in its first lines which packages it tries.
function title(name) {
  const [, names] = readFileSync(new URL(name, here), "utf8").match(/^\/\/ Tries: (.+)$/m);
  const versions = names.split(", ").map((name) => {
    const manifest = readFileSync(new URL(`node_modules/${name}/package.json`, here), "utf8");
    return `${name} ${JSON.parse(manifest).version}`;
  });
  return `${name.replace(".test.mjs", "")} (${versions.join(", ")})`;
}

async function tried(name) {
  const count = { passed: 0, failed: 0, left: 0 };
  console.log(`--- ${title(name)}`);
  const path = new URL(name, here).pathname;
  for await (const { type, data } of run({ files: [path], concurrency: 1 })) {
    if (type === "test:stdout" || type === "test:stderr") {
      process.stdout.write(data.message);
    }
    if (!["test:pass", "test:fail"].includes(type) || data.details?.type === "suite") {
      continue;
    }
    // The file itself is one that can fail, too: when it breaks off, or strays from this machine.
    const isFile = data.name.endsWith(name);
    const isLeft = data.skip !== undefined || data.todo !== undefined;
    if (type === "test:fail") {
      const error = data.details?.error;
      console.log(`FAILED ${data.name}\n${inspect(error?.cause ?? error)}`);
      count.failed += 1;
    } else if (!isFile) {
      console.log(`${isLeft ? "LEFT OUT" : "ok"} ${data.name}`);
      count[isLeft ? "left" : "passed"] += 1;
    }
  }
  return count;
}

const lines = [];
let bad = 0;
for (const name of files) {
  const begin = Date.now();
  const { passed, failed, left } = await tried(name);
  const took = Math.round((Date.now() - begin) / 1000);
  lines.push(`${title(name)}: ${passed + failed} ran, ${failed} failed, ${took} s`);
  if (failed || left || !passed) {
    bad += 1;
  }
}
console.log([`--- Node.js ${process.version}`, ...lines].join("\n"));
process.exitCode = bad ? 1 : 0;
