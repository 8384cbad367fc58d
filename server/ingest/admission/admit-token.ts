import type { AccessControl, AccessRefusal } from '../../access/access-control.ts';
import type { Grant } from '../../access/grant.ts';
import type { Platform } from '../../access/platform.ts';
import type { AddressedRequest } from '../../limits/client-address.ts';

/**
 * Reads a token that did not come in a request's headers, for example a call's parameter. Undefined: there was none.
 * Resolves to what its holder may do, or to why the token does not allow publishing.
 */
export type AdmitToken = (token: string | undefined) => Promise<Grant | AccessRefusal>;

/** Reads such tokens like those in a request's headers. Wrong tokens count against the same limit. */
export function admitTokenBy(access: AccessControl, request: AddressedRequest, way: Platform): AdmitToken {
  return async (token) => {
    if (token === undefined) return access.proveToken(request, way, undefined);
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    return access.admit({ socket: request.socket, headers }, { scope: 'publish' }, way);
  };
}
