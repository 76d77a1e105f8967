// Serves one client to the conformance tests: a line of JSON in is a command, a line of JSON out its answer.
// Keys, values and header values travel as base64; a null value stays null, a missing key too.
import { createInterface } from 'node:readline';

// @platformatic/kafka is made for Node 22, and of what Node 20 lacks it needs only this (and zstd, which is not for free).
Promise.withResolvers ??= function withResolvers() {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

export const bootstrap = process.argv[2];
export const bytes = (text) => (text === null || text === undefined ? null : Buffer.from(text, 'base64'));
export const text = (buffer) => (buffer === null || buffer === undefined ? null : Buffer.from(buffer).toString('base64'));

/** Polls until a condition holds; what does not come within half a minute does not come. */
export async function until(condition, what) {
  for (const end = Date.now() + 30_000; !(await condition());) {
    if (Date.now() > end) throw new Error(`waited 30 s for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What an error and those within it say, each once. */
function told(error) {
  if (!error) return [];
  const name = [error.type, error.apiId, error.code].filter(Boolean).join(' ');
  return [...new Set([`${name} ${error.message}`, ...[error.cause, ...(error.errors ?? [])].flatMap(told)])];
}

export function serve(commands) {
  // The libraries' talk goes to standard error, the answers alone to standard output.
  const answer = process.stdout.write.bind(process.stdout);
  console.log = console.info = console.debug = console.error;
  process.on('unhandledRejection', (error) => console.error('unhandled', error));
  process.on('uncaughtException', (error) => console.error('uncaught', error));
  let queue = Promise.resolve();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    queue = queue.then(async () => {
      const command = JSON.parse(line);
      try {
        if (!commands[command.do]) throw new Error(`the driver has no ${command.do}`);
        answer(`${JSON.stringify({ result: (await commands[command.do](command)) ?? {} })}\n`);
      } catch (error) {
        answer(`${JSON.stringify({ error: told(error).join('; '), stack: error.stack })}\n`);
      }
    });
  });
  lines.on('close', () => queue.then(() => process.exit(0)));
}
