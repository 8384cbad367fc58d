import type { Page } from 'playwright-core';

/** What a page has received of one medium. */
export interface ReceivedMedia {
  readonly state: string;
  /** Loudest moment of the decoded audio so far, as a root mean square, 0…1. */
  readonly loudness: number;
  readonly framesDecoded: number;
  readonly videoCodec: string | null;
}

/** Listens by WHEP with only a browser's own features. `url` is the endpoint's address with its query. */
export async function listenByWhep(page: Page, request: { readonly url: string; readonly kinds: readonly string[] }) {
  const location = await page.evaluate(async ({ url, kinds }) => {
    const pc = new RTCPeerConnection();
    for (const kind of kinds) pc.addTransceiver(kind, { direction: 'recvonly' });
    pc.ontrack = ({ streams, track }) => {
      if (track.kind !== 'audio') return;
      const stream = streams[0] ?? new MediaStream([track]);
      // The browser decodes only what an element plays.
      const player = new Audio();
      player.muted = true;
      player.srcObject = stream;
      void player.play();
      const context = new AudioContext();
      const analyser = new AnalyserNode(context);
      context.createMediaStreamSource(stream).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      const heard = { player, loudness: 0 };
      setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        heard.loudness = Math.max(heard.loudness, Math.sqrt(power));
      }, 30);
      Object.assign(globalThis, { heard });
    };
    await pc.setLocalDescription(await pc.createOffer());
    const body = pc.localDescription?.sdp ?? '';
    const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    Object.assign(globalThis, { listening: pc });
    return new URL(response.headers.get('Location') ?? '', url).href;
  }, request);
  return {
    location,
    received: (): Promise<ReceivedMedia> =>
      page.evaluate(async () => {
        const { listening: pc, heard } = globalThis as unknown as {
          listening: RTCPeerConnection;
          heard?: { loudness: number };
        };
        const reports = [...(await pc.getStats()).values()];
        const video = reports.find((report) => report.type === 'inbound-rtp' && report.kind === 'video');
        return {
          state: pc.connectionState,
          loudness: heard?.loudness ?? 0,
          framesDecoded: video?.framesDecoded ?? 0,
          videoCodec: reports.find(({ id }) => id === video?.codecId)?.mimeType ?? null,
        };
      }),
  };
}
