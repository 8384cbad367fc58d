/** Shows that a command is busy, and for how long. */
export interface WaitLine {
  done(): void;
}

/**
 * Prints what the command is doing. On a terminal the line also counts the seconds. Elsewhere it is printed once.
 *
 * @param aboutSeconds - how long the command usually takes.
 */
export function createWaitLine(stream: NodeJS.WriteStream, text: string, aboutSeconds: number): WaitLine {
  if (stream.isTTY !== true) {
    stream.write(`${text}, about ${aboutSeconds} s\n`);
    return { done: () => {} };
  }
  let seconds = 0;
  const draw = () => stream.write(`\r\x1b[2K${text}: ${seconds} of about ${aboutSeconds} s`);
  draw();
  const timer = setInterval(() => {
    seconds += 1;
    draw();
  }, 1000);
  return {
    done() {
      clearInterval(timer);
      stream.write('\r\x1b[2K');
    },
  };
}
