/** What went wrong in running the service; stable, for programs. */
export type ServiceErrorCode =
  | 'config-invalid'
  | 'port-taken'
  | 'listen-failed'
  | 'models-unavailable'
  | 'session-limit'
  | 'session-exists'
  | 'shutting-down';

/** An operational failure of the server layer. Its message is one line, for people, without any content of a call. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServiceError';
    this.code = code;
  }

  static configInvalid(problem: string): ServiceError {
    return new ServiceError('config-invalid', problem);
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

  static sessionExists(sessionId: string): ServiceError {
    return new ServiceError('session-exists', `session ${sessionId} exists already; choose another id`);
  }

  static shuttingDown(): ServiceError {
    return new ServiceError('shutting-down', 'the server is shutting down; connect again in a moment');
  }
}
