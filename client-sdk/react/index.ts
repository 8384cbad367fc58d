export type { FollowedSession, FollowOptions, FollowStatus } from '../subscribe/session-store.ts';
export { useEmotions } from './use-emotions.ts';
