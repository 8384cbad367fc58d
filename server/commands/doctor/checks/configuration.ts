import { nearestVariable } from '../../../config/config-options.ts';
import type { Config } from '../../../config/config-schema.ts';
import { isLoopback } from '../../../config/is-loopback.ts';
import type { ConfigRequest } from '../../../config/read-config.ts';
import { type Finding, ok, warning } from '../finding.ts';

/** Finds settings that look wrong although the server would start with them. */
export function checkConfiguration({ config, unknownVariables }: ConfigRequest): Finding[] {
  const findings = [
    ...unknownVariables.map(unknownVariableFinding),
    ...accessFindings(config),
    ...originFindings(config),
    ...publicUrlFindings(config),
  ];
  return findings.length > 0 ? findings : [ok(`${config.host}, ${accessOf(config)}`)];
}

function unknownVariableFinding(name: string): Finding {
  const nearest = nearestVariable(name);
  const advice =
    nearest === null
      ? 'Correct or remove it. undertone serve --help lists every setting.'
      : `Did you mean ${nearest}? undertone serve --help lists every setting.`;
  return warning(`${name} is no setting`, advice);
}

function accessOf({ token }: Config): string {
  return token === undefined ? 'open to whoever reaches it' : 'with a token';
}

function accessFindings({ host, token }: Config): Finding[] {
  if (isLoopback(host) || token !== undefined) return [];
  const message = `${host} is served without a token: whoever reaches it reads every call`;
  return [warning(message, 'Set UNDERTONE_TOKEN, unless a proxy in front decides who comes in.')];
}

function originFindings({ allowedOrigins }: Config): Finding[] {
  return allowedOrigins
    .filter((origin) => origin.startsWith('http:') && !isLoopback(new URL(origin).hostname))
    .map((origin) =>
      warning(`pages of ${origin} get no microphone or camera`, 'Serve them by https and list that origin.'),
    );
}

function publicUrlFindings(config: Config): Finding[] {
  const { publicUrl, token, host, allowedOrigins, twilioAuthToken, audiohookClientSecret } = config;
  if (publicUrl === undefined) {
    if ((twilioAuthToken ?? audiohookClientSecret) === undefined) return [];
    const advice = 'Set UNDERTONE_PUBLIC_URL to the address that the platform was told.';
    return [warning('signatures of Twilio and AudioHook are taken for loopback addresses only', advice)];
  }
  const url = new URL(publicUrl);
  const findings: Finding[] = [];
  if (/^(http|ws):$/.test(url.protocol) && !isLoopback(url.hostname)) {
    findings.push(
      warning('the public URL is not https', 'Telephone platforms connect by TLS only: set the https address.'),
    );
  }
  const isKnown = isLoopback(url.hostname) || url.hostname === host;
  if (token === undefined && !isKnown && !allowedOrigins.some((origin) => new URL(origin).host === url.host)) {
    const advice = 'Set UNDERTONE_TOKEN, or add its origin to UNDERTONE_ALLOWED_ORIGINS.';
    findings.push(warning(`without a token, requests for ${url.host} are refused`, advice));
  }
  return findings;
}
