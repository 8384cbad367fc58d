/** Main thread → worker. */
export type WorkerRequest<Body> =
  | { readonly kind: 'request'; readonly id: number; readonly body: Body }
  | { readonly kind: 'close' };

/** Worker → main thread. Errors cross as one line of text. */
export type WorkerReply<Hello, Body> =
  | { readonly kind: 'ready'; readonly hello: Hello }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'reply'; readonly id: number; readonly body: Body }
  | { readonly kind: 'error'; readonly id: number; readonly message: string };
