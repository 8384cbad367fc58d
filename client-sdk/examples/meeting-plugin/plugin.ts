/** Attaches to any MediaStream, publishes it, and shows what it expresses. */
import { type PublishedMedia, publishMedia } from '../../index.ts';
import { UndertoneMeter } from '../../meter/index.ts';

const find = <E extends HTMLElement>(id: string, type: new () => E): E => {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`the page has no ${id}`);
  return element;
};
const controls = find('controls', HTMLFormElement);
const server = find('server', HTMLInputElement);
const token = find('token', HTMLInputElement);
const source = find('source', HTMLSelectElement);
const file = find('file', HTMLInputElement);
const transport = find('transport', HTMLSelectElement);
const face = find('face', HTMLSelectElement);
const start = find('start', HTMLButtonElement);
const stop = find('stop', HTMLButtonElement);
const message = find('message', HTMLElement);
const preview = find('preview', HTMLVideoElement);
const meter = find('meter', UndertoneMeter);

server.value = new URLSearchParams(location.search).get('server') ?? 'http://127.0.0.1:7700';
source.addEventListener('change', () => {
  find('file-field', HTMLElement).hidden = source.value !== 'file';
});

/** Gain control pumps the loudness that the voice's features measure. */
const AUDIO = { autoGainControl: false, echoCancellation: true, noiseSuppression: false };

async function openStream(): Promise<MediaStream> {
  if (source.value === 'camera') {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: AUDIO, video: { width: 640, height: 480 } });
    preview.srcObject = stream;
    preview.muted = true;
    await preview.play();
    return stream;
  }
  if (source.value === 'tab') {
    const stream = await navigator.mediaDevices.getDisplayMedia({ audio: true, video: true });
    preview.srcObject = stream;
    preview.muted = true;
    await preview.play();
    return stream;
  }
  const [recording] = file.files ?? [];
  if (recording === undefined) throw new TypeError('Choose a recording first.');
  preview.srcObject = null;
  preview.muted = false;
  preview.src = URL.createObjectURL(recording);
  await preview.play();
  return (preview as HTMLVideoElement & { captureStream(): MediaStream }).captureStream();
}

async function publish(stream: MediaStream): Promise<PublishedMedia> {
  const credentials = token.value === '' ? {} : { token: token.value };
  return publishMedia(stream, {
    url: server.value,
    ...credentials,
    title: 'Meeting plugin',
    participant: { id: 'me', role: 'attendee' },
    transport: transport.value === 'webrtc' ? 'webrtc' : 'websocket',
    face: face.value === 'device' ? 'device' : 'server',
  });
}

controls.addEventListener('submit', async (event) => {
  event.preventDefault();
  start.disabled = true;
  message.textContent = 'Connecting …';
  let stream: MediaStream | null = null;
  try {
    stream = await openStream();
    const published = await publish(stream);
    message.textContent = `Publishing ${published.kinds.join(' and ')} in session ${published.sessionId}.`;
    meter.token = token.value === '' ? undefined : token.value;
    meter.setAttribute('server', server.value);
    meter.setAttribute('session', published.sessionId);
    stop.disabled = false;
    stop.onclick = () => published.stop();
    preview.onended = () => published.stop();
    await published.closed;
    message.textContent = 'The session has ended.';
  } catch (error) {
    message.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stop.disabled = true;
    start.disabled = false;
  }
});
