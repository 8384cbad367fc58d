/** What went wrong in running the service. Stable codes, for programs. */
export type ServiceErrorCode =
  | 'config-invalid'
  | 'port-taken'
  | 'listen-failed'
  | 'models-unavailable'
  | 'session-limit'
  | 'memory-limit'
  | 'server-late'
  | 'session-exists'
  | 'session-held'
  | 'session-reserved'
  | 'not-granted'
  | 'quota-sessions'
  | 'quota-session-starts'
  | 'quota-publishers'
  | 'shutting-down';

/** An operational failure of the server. Its message is one line for people, without any content of a call. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServiceError';
    this.code = code;
  }

  static configInvalid(problem: string, cause?: Error): ServiceError {
    return new ServiceError('config-invalid', problem, cause === undefined ? undefined : { cause });
  }

  static portTaken(host: string, port: number, cause: unknown): ServiceError {
    return new ServiceError('port-taken', `port ${port} of ${host} is taken: choose another with --port`, { cause });
  }

  static listenFailed(host: string, port: number, cause: unknown): ServiceError {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return new ServiceError('listen-failed', `cannot listen on ${host} port ${port}: ${detail}`, { cause });
  }

  static modelsUnavailable(cause: Error): ServiceError {
    return new ServiceError('models-unavailable', `the models cannot be loaded: ${cause.message}`, { cause });
  }

  static sessionLimit(maxSessions: number): ServiceError {
    return new ServiceError('session-limit', `all ${maxSessions} sessions of this server are in use; try again later`);
  }

  static tooLate(): ServiceError {
    return new ServiceError('server-late', 'the server is too busy to take another call in time; try again later');
  }

  static memoryLimit(): ServiceError {
    return new ServiceError('memory-limit', 'the server has no memory left for another session; try again later');
  }

  static sessionExists(sessionId: string): ServiceError {
    return new ServiceError(
      'session-exists',
      `session ${sessionId} already exists or has ended; open a session with another id`,
    );
  }

  /** The session is live and somebody else opened it. */
  static sessionHeld(): ServiceError {
    return new ServiceError(
      'session-held',
      'another publisher holds this session; open a session with another id, or use a token for this session',
    );
  }

  /** The session id is reserved for a platform, such as `twilio`. */
  static sessionReserved(platform: string): ServiceError {
    return new ServiceError(
      'session-reserved',
      `only calls of ${platform} open sessions whose ids begin with ${platform}-; such a session can be joined while it is live`,
    );
  }

  /** The credential is valid, but does not allow this. */
  static notGranted(problem: string): ServiceError {
    return new ServiceError('not-granted', problem);
  }

  static quotaSessions(max: number): ServiceError {
    return new ServiceError(
      'quota-sessions',
      `one token may have ${max} live sessions (maxSessionsPerToken); end one before you open the next`,
    );
  }

  static quotaSessionStarts(max: number): ServiceError {
    return new ServiceError(
      'quota-session-starts',
      `one token may open ${max} sessions per minute (maxSessionStartsPerToken); try again later`,
    );
  }

  static quotaPublishers(max: number): ServiceError {
    return new ServiceError('quota-publishers', `one token may have ${max} publishers at a time; disconnect one first`);
  }

  static shuttingDown(): ServiceError {
    return new ServiceError('shutting-down', 'the server is shutting down; connect again in a moment');
  }
}
