// How lines of generations are told apart: by their dashes as much as by their colours.
export const COLOURS = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];
export const DASHES: number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 2]];

export const lookOf = (generation: number) => ({
  colour: COLOURS[(generation + 5) % COLOURS.length] ?? '--line-1',
  dash: DASHES[(generation + 5) % DASHES.length] ?? [],
});

export const colourNow = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
