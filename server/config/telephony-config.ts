import { z } from 'zod';
import { flag, rolePair, secret } from './config-fields.ts';

/** Settings of the ways in for telephony platforms: a part of the configuration's schema. */
export const telephonyFields = {
  publicUrl: z
    .url({ protocol: /^(https?|wss?)$/, error: 'must be an address such as https://calls.example.com' })
    .optional()
    .meta({
      description:
        'Address at which platforms reach this server. Twilio and AudioHook sign it. Their signatures need this setting, unless the server listens on loopback.',
      defaultText: 'none',
    }),
  telephonyRoles: rolePair(
    ['far', 'near'],
    'customer,agent',
    'Roles of the two sides of a telephone call: of the outside party (Twilio inbound, AudioHook external, FreeSWITCH first channel), then of your own party.',
  ),
  twilioAuthToken: secret(
    'Auth token of the Twilio account. With it, Twilio must sign each media stream, and no `token` parameter is needed.',
  ),
  twilioAccountSid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, { error: 'must be an account SID such as AC0123…' })
    .optional()
    .meta({
      description: 'The only Twilio account whose media streams are accepted.',
      defaultText: 'any account',
    }),
  twilioRequireToken: flag(
    false,
    'Require a `token` parameter of each Twilio media stream, besides the signature. The signature covers only the address.',
  ),
  audiohookApiKey: secret('API key that Genesys AudioHook must present.', 'the value of `UNDERTONE_TOKEN`'),
  audiohookClientSecret: secret(
    'Client secret of the AudioHook integration, in base64. With it, every connection must be signed.',
  ),
  audiohookEvents: flag(true, 'Send the emotion of each utterance back to Genesys as an `event` entity.'),
};
