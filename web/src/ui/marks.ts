import type { MarkKind } from '../types';

interface MarkLook {
  sign: string;
  word: string;
  colour: string;
  strong: boolean; // a line without gaps, and its text beside it
}

export const MARK_LOOKS: Record<MarkKind, MarkLook> = {
  push: { sign: '↑', word: 'pushed', colour: '--muted', strong: false },
  promoted: { sign: '▲', word: 'live', colour: '--good', strong: true },
  taken_back: { sign: '↩', word: 'taken back', colour: '--bad', strong: true },
  refused: { sign: '✕', word: 'refused', colour: '--bad', strong: true },
  rollback: { sign: '↩', word: 'rolled back', colour: '--warn', strong: true },
  crash: { sign: '⚡', word: 'crashed', colour: '--bad', strong: true },
};
