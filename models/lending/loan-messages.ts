import type { MessagePort } from 'node:worker_threads';
import type { FaceGroups, TextTokens } from '../feature-tensors.ts';
import type { ModelErrorCode } from '../model-error.ts';
import type { EmotionModel, EmotionScores, EncodedFaces, EncodedText, FusionInputs } from '../model-interfaces.ts';
import type { GraphWorkerData } from '../runtime/graph-worker-messages.ts';

/** What a thread needs to use the models of the thread that lends them. */
export interface ModelLoan {
  /** What is known about the emotion model without a request. */
  readonly emotion: Omit<EmotionModel, 'embedText' | 'embedFaces' | 'fuse' | 'close'>;
  /** Requests to the emotion model, and for threads of graphs. */
  readonly port: MessagePort;
}

/** A request to the emotion model. */
export type EmotionCall =
  | { readonly method: 'embedText'; readonly input: TextTokens }
  | { readonly method: 'embedFaces'; readonly input: FaceGroups }
  | { readonly method: 'fuse'; readonly input: FusionInputs };

/** Borrower → lender. */
export type LoanRequest =
  | { readonly kind: 'call'; readonly id: number; readonly sessionId: string; readonly call: EmotionCall }
  /** Starts the thread of a graph worker. `data.port` is how the borrower talks to it. */
  | {
      readonly kind: 'start-thread';
      readonly id: number;
      readonly data: GraphWorkerData & { readonly port: MessagePort };
    };

/** Lender → borrower. Errors cross as their code and one line of text. */
export type LoanReply =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: EncodedText | EncodedFaces | EmotionScores }
  | { readonly kind: 'error'; readonly id: number; readonly code: ModelErrorCode | 'invalid'; readonly message: string }
  | { readonly kind: 'thread-error'; readonly id: number; readonly message: string }
  | { readonly kind: 'thread-exit'; readonly id: number };
