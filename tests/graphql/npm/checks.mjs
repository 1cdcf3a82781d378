// Runs the checks of one script, and prints what became of each as JSON.
//
// A check is a name and an asynchronous function that throws if something is wrong.

import assert from "node:assert/strict";

export { assert };

export const [ADDRESS] = process.argv.slice(2);
export const URL_OF = (path) => new URL(path, ADDRESS).href;
export const WS_URL_OF = (path) => URL_OF(path).replace(/^http/, "ws");

const SECONDS = 60;
const checks = [];

export function check(name, fn) {
  checks.push([name, fn]);
}

export async function finish() {
  const outcomes = {};
  for (const [name, fn] of checks) {
    let timer;
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`not done in ${SECONDS} s`)),
        SECONDS * 1000,
      );
    });
    try {
      await Promise.race([fn(), timeout]);
      outcomes[name] = null;
    } catch (error) {
      outcomes[name] = String(error?.stack ?? error);
    } finally {
      clearTimeout(timer);
    }
  }
  process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));
}
