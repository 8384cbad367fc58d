import { z } from 'zod';
import { PARTICIPANT_ROLES } from '../client-sdk/protocol/index.ts';
import { flag, secret } from './config-fields.ts';

/** Settings of the ways in for telephony platforms: a part of the configuration's schema. */
export const telephonyFields = {
  publicUrl: z
    .url({ protocol: /^(https?|wss?)$/, error: 'must be an address such as https://calls.example.com' })
    .optional()
    .meta({
      description:
        'Address under which platforms reach this server: what Twilio and AudioHook sign. Needed for their signatures, unless they connect to a loopback address.',
      defaultText: 'none',
    }),
  telephonyRoles: z
    .string()
    .default('customer,agent')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(
      z.tuple([z.enum(PARTICIPANT_ROLES), z.enum(PARTICIPANT_ROLES)], {
        error: 'must be two of customer, agent, attendee, unknown, with a comma between',
      }),
    )
    .transform(([far, near]) => ({ far, near }))
    .meta({
      description:
        'Roles of the two sides of a telephone call: the party outside (Twilio inbound, AudioHook external, FreeSWITCH first channel), then the one of the house.',
      defaultText: 'customer,agent',
    }),
  twilioAuthToken: secret(
    'Auth token of the Twilio account. With it, a media stream must be signed by Twilio, and needs no `token` parameter.',
  ),
  twilioAccountSid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, { error: 'must be an account SID such as AC0123…' })
    .optional()
    .meta({
      description: 'The only Twilio account whose media streams are taken.',
      defaultText: 'any that is let in',
    }),
  twilioRequireToken: flag(
    false,
    'Ask each Twilio media stream for a `token` parameter beside the signature. The signature is over the address alone.',
  ),
  audiohookApiKey: secret('API key that Genesys AudioHook must present.', 'the value of `UNDERTONE_TOKEN`'),
  audiohookClientSecret: secret(
    'Client secret of the AudioHook integration, base64. With it, every connection must be signed.',
  ),
  audiohookEvents: flag(true, 'Send each utterance’s emotion back to Genesys as an `event` entity.'),
};
