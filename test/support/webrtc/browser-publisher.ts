import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openContext } from '../dashboard/browser-page.ts';

/** Options for a page that publishes by WHIP with only a browser's own features. */
export interface PublishRequest {
  /** Address of the WHIP endpoint, with its query. */
  readonly url: string;
  readonly token?: string;
  /** The only codec that is offered. Null publishes no video. */
  readonly video: 'video/VP8' | 'video/H264' | null;
  /** Receives the UDP port from the server's answer and returns the port to send to. Default: the same port. */
  readonly route?: (mediaPort: number) => Promise<number>;
}

export interface BrowserPublisher {
  readonly location: string;
  readonly sessionId: string;
  /** The connection's own statistics. */
  stats(): Promise<{ readonly codec: string | null; readonly state: string }>;
  /** Ends the session by DELETE, as in RFC 9725. Resolves to the HTTP status. */
  leave(): Promise<number>;
}

/** Opens a page on the server's origin that runs none of the project's code. */
export async function openBlankPage(
  browser: Browser,
  serverUrl: string,
): Promise<{ context: BrowserContext; page: Page }> {
  const { context, page } = await openContext(browser, { bypassCSP: true });
  await page.goto(`${serverUrl}/healthz`);
  return { context, page };
}

/** Whether this browser can encode a video codec. */
export function canSend(page: Page, mimeType: string): Promise<boolean> {
  return page.evaluate(
    (type) => RTCRtpSender.getCapabilities('video')?.codecs.some((codec) => codec.mimeType === type) ?? false,
    mimeType,
  );
}

export async function publishFromPage(page: Page, request: PublishRequest): Promise<BrowserPublisher> {
  const { route, ...rest } = request;
  const { answer, location, sessionId } = await page.evaluate(async ({ url, token, video }) => {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { autoGainControl: false, echoCancellation: false, noiseSuppression: false },
      // The server takes less than ten pictures per second. More would keep the processor busy with encoding.
      video: video === null ? false : { width: 320, height: 240, frameRate: 10 },
    });
    const pc = new RTCPeerConnection();
    for (const track of stream.getTracks()) {
      const transceiver = pc.addTransceiver(track, { direction: 'sendonly' });
      if (track.kind !== 'video') continue;
      const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
      transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === video || /rtx$/.test(mimeType)));
    }
    await pc.setLocalDescription(await pc.createOffer());
    const headers = {
      'Content-Type': 'application/sdp',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const response = await fetch(url, { method: 'POST', headers, body: pc.localDescription?.sdp ?? '' });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    Object.assign(globalThis, { pc, headers });
    return {
      answer: await response.text(),
      location: new URL(response.headers.get('Location') ?? '', url).href,
      sessionId: response.headers.get('Undertone-Session') ?? '',
    };
  }, rest);
  const candidate = /(a=candidate:.* )(\d+)( typ host)/;
  const port = await route?.(Number(candidate.exec(answer)![2]));
  const sdp = port === undefined ? answer : answer.replace(new RegExp(candidate, 'g'), `$1${port}$3`);
  await page.evaluate(async (description) => {
    const { pc } = globalThis as unknown as { pc: RTCPeerConnection };
    const connected = Promise.withResolvers<void>();
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') connected.resolve();
      if (pc.connectionState === 'failed') connected.reject(new Error('the connection failed'));
    };
    await pc.setRemoteDescription({ type: 'answer', sdp: description });
    await connected.promise;
  }, sdp);
  return {
    location,
    sessionId,
    stats: () =>
      page.evaluate(async () => {
        const { pc } = globalThis as unknown as { pc: RTCPeerConnection };
        const reports = [...(await pc.getStats()).values()];
        const outbound = reports.find((report) => report.type === 'outbound-rtp' && report.kind === 'video');
        const codec = reports.find((report) => report.id === outbound?.codecId);
        return { codec: codec?.mimeType ?? null, state: pc.connectionState };
      }),
    leave: () =>
      page.evaluate(async (resource) => {
        const { pc, headers } = globalThis as unknown as { pc: RTCPeerConnection; headers: Record<string, string> };
        const response = await fetch(resource, {
          method: 'DELETE',
          headers: { Authorization: headers.Authorization ?? '' },
        });
        pc.close();
        return response.status;
      }, location),
  };
}
