import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What a page does to publish by WHIP, with nothing but what a browser has. */
export interface PublishRequest {
  /** Address of the WHIP endpoint, with its query. */
  readonly url: string;
  readonly token?: string;
  /** The only codec that is offered; null publishes no video. */
  readonly video: 'video/VP8' | 'video/H264' | null;
  /** UDP port that the server is believed to have; default: what its answer says. */
  readonly mediaPort?: number;
}

export interface BrowserPublisher {
  readonly location: string;
  readonly sessionId: string;
  /** What the connection tells of itself. */
  stats(): Promise<{ readonly codec: string | null; readonly state: string }>;
  /** DELETE, as RFC 9725 ends a session. */
  leave(): Promise<number>;
}

/** A page of the server's own origin, with no code of ours on it. */
export async function openBlankPage(
  browser: Browser,
  serverUrl: string,
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
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

export async function publishByWhip(page: Page, request: PublishRequest): Promise<BrowserPublisher> {
  const { location, sessionId } = await page.evaluate(async ({ url, token, video, mediaPort }) => {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { autoGainControl: false, echoCancellation: false, noiseSuppression: false },
      video: video === null ? false : { width: 640, height: 480 },
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
    const answer = await response.text();
    const sdp =
      mediaPort === undefined ? answer : answer.replace(/(a=candidate:.* )\d+( typ host)/g, `$1${mediaPort}$2`);
    await pc.setRemoteDescription({ type: 'answer', sdp });
    const connected = Promise.withResolvers<void>();
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') connected.resolve();
      if (pc.connectionState === 'failed') connected.reject(new Error('the connection failed'));
    };
    await connected.promise;
    Object.assign(globalThis, { pc, headers });
    return {
      location: new URL(response.headers.get('Location') ?? '', url).href,
      sessionId: response.headers.get('Undertone-Session') ?? '',
    };
  }, request);
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
