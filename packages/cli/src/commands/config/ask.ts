/** Asks a person at the terminal; standard output is left to the command's result. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface Ask {
  /** False if there is no terminal. */
  readonly isPossible: boolean;
  line(question: string): Promise<string>;
  /** Does not echo the input. */
  hidden(question: string): Promise<string>;
  /** All of standard input. */
  input(): Promise<string>;
}

export function askAtTerminal(): Ask {
  const ask = async (question: string, isHidden: boolean): Promise<string> => {
    let isMuted = false;
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        if (!isMuted) process.stderr.write(chunk);
        done();
      },
    });
    const reader = createInterface({ input: process.stdin, output, terminal: true });
    try {
      const answer = reader.question(question);
      isMuted = isHidden;
      return (await answer).trim();
    } finally {
      reader.close();
      if (isHidden) process.stderr.write('\n');
    }
  };
  return {
    isPossible: process.stdin.isTTY && process.stderr.isTTY,
    line: (question) => ask(question, false),
    hidden: (question) => ask(question, true),
    input: async () => (await text(process.stdin)).trim(),
  };
}
