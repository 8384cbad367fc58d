import type { AccessControl, AccessRefusal } from '../../access/access-control.ts';
import type { Grant } from '../../access/grant.ts';
import type { Platform } from '../../access/platform.ts';
import type { AddressedRequest } from '../../limits/client-address.ts';

/**
 * Reads a token that came by another way than the headers of a request, such as a parameter of a call. Undefined where
 * there was none. Resolves to what its holder may do, or to why it lets nobody publish.
 */
export type AdmitToken = (token: string | undefined) => Promise<Grant | AccessRefusal>;

/** Reads such tokens of a request as those in its headers are read, with the same account of wrong ones. */
export function admitTokenBy(access: AccessControl, request: AddressedRequest, way: Platform): AdmitToken {
  return async (token) => {
    if (token === undefined) return access.proveToken(request, way, undefined);
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    return access.admit({ socket: request.socket, headers }, { scope: 'publish' }, way);
  };
}
