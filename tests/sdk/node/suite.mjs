// Runs the tests of every SDK in this directory and says, SDK by SDK, what ran.
//
// Arguments are parts of names of files (`openai`, `ai-sdk`); without any, everything runs.

import { readFileSync, readdirSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

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
  const stream = run({ files: [new URL(name, here).pathname], concurrency: 1 });
  const isTest = (data) => data.details?.type !== "suite" && !data.name.endsWith(name);
  stream.on("test:pass", (data) => {
    if (isTest(data)) {
      count[data.skip !== undefined || data.todo !== undefined ? "left" : "passed"] += 1;
    }
  });
  // The file itself is one that can fail, too: when it breaks off, or strays from this machine.
  stream.on("test:fail", (data) => {
    count.failed += data.details?.type !== "suite" ? 1 : 0;
  });
  const report = stream.compose(spec);
  for await (const text of report) {
    process.stdout.write(text);
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
