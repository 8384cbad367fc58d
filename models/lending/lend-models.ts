import type { MessagePort } from 'node:worker_threads';
import type { BatchedEmotionModel } from '../emotion/emotion-model.ts';
import { firstLine, ModelError } from '../model-error.ts';
import type { EmotionModel } from '../model-interfaces.ts';
import { startGraphThread } from '../runtime/graph-worker.ts';
import type { EmotionCall, LoanReply, LoanRequest, ModelLoan } from './loan-messages.ts';

/**
 * Serves the requests of one borrower. Its graph threads belong to this thread: if they belonged to the borrower's, the
 * end of that thread would end them in the middle of native code, which aborts the process.
 *
 * @param own - this side's end of the channel
 * @param theirs - the borrower's end
 */
export function lendModels(model: BatchedEmotionModel, own: MessagePort, theirs: MessagePort): ModelLoan {
  const send = (reply: LoanReply): void => own.postMessage(reply);

  async function answer(id: number, sessionId: string, call: EmotionCall): Promise<void> {
    try {
      send({ kind: 'answer', id, answer: await ask(model.forSession(sessionId), call) });
    } catch (error) {
      const code = error instanceof ModelError ? error.code : 'invalid';
      send({ kind: 'error', id, code, message: firstLine(error) });
    }
  }

  own.on('message', (request: LoanRequest) => {
    if (request.kind === 'call') {
      void answer(request.id, request.sessionId, request.call);
      return;
    }
    const { id, data } = request;
    const thread = startGraphThread(data);
    thread.on('error', (error) => send({ kind: 'thread-error', id, message: firstLine(error) }));
    thread.once('exit', () => send({ kind: 'thread-exit', id }));
  });
  // The borrower keeps the process alive, if anything does.
  own.unref();
  const { id, operatingPoint, tokenizer, languages, maxTokens, contextUtterances, takesBaseline } = model;
  const emotion = { id, operatingPoint, tokenizer, languages, maxTokens, contextUtterances, takesBaseline };
  return { emotion, port: theirs };
}

function ask(emotion: EmotionModel, { method, input }: EmotionCall) {
  switch (method) {
    case 'embedText':
      return emotion.embedText(input);
    case 'embedFaces':
      return emotion.embedFaces(input);
    case 'fuse':
      return emotion.fuse(input);
  }
}
