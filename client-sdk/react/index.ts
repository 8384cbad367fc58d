export type { FollowedSession, FollowOptions, FollowStatus } from '../live/session-store.ts';
export { useEmotions } from './use-emotions.ts';
