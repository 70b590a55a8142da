"""Runs the tests of every SDK in this directory and says, SDK by SDK, what ran.

Arguments are parts of names (`test_groq`, `OpenAi.test_chat`); without any, everything runs.
"""

import importlib
import importlib.metadata
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).parent


def tests_of(module, wanted):
    def flat(suite):
        for test in suite:
            if isinstance(test, unittest.TestSuite):
                yield from flat(test)
            else:
                yield test

    tests = list(flat(unittest.defaultTestLoader.loadTestsFromModule(module)))
    return [test for test in tests if not wanted or any(word in test.id() for word in wanted)]


def main(wanted):
    ran, failed, lines = 0, 0, []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        tests = tests_of(module, wanted)
        if not tests:
            if not wanted:
                raise SystemExit(f"{path.name} has no test")
            continue
        versions = [f"{name} {importlib.metadata.version(name)}" for name in module.DISTRIBUTIONS]
        title = f"{path.stem.removeprefix('test_')} ({', '.join(versions)})"
        print(f"--- {title}", flush=True)
        begin = time.monotonic()
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(
            unittest.TestSuite(tests)
        )
        if result.skipped:
            raise SystemExit(f"{title}: tests were skipped")
        wrong = {test.id() for test, _ in result.failures + result.errors}
        ran += result.testsRun
        failed += len(wrong)
        took = time.monotonic() - begin
        lines.append(f"{title}: {result.testsRun} ran, {len(wrong)} failed, {took:.0f} s")
    if not ran:
        raise SystemExit(f"no test is called {' or '.join(wanted)}")
    print("\n".join(["--- Python", *lines]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
