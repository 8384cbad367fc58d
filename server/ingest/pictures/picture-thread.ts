// Entry of a picture thread: decodes one picture after the other. It may be ended at any point.
import { parentPort } from 'node:worker_threads';
import { decodePicture } from './decode-picture.ts';
import { PictureError } from './picture-error.ts';
import type { PictureReply, PictureRequest } from './picture-thread-messages.ts';

if (parentPort === null) throw new TypeError('picture-thread.ts is the entry of a worker thread');
const port = parentPort;

function send(reply: PictureReply, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer);
}

port.on('message', (picture: PictureRequest) => {
  try {
    const image = decodePicture(picture);
    send({ kind: 'decoded', image }, [image.bytes.buffer as ArrayBuffer]);
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    send({ kind: 'refused', code: error.code, message: error.message });
  }
});
send({ kind: 'ready' });
