import { lookOf } from './lines';

/** The line of a generation, as the chart draws it. */
export function Swatch({ generation }: { generation: number }) {
  const { colour, dash } = lookOf(generation);
  return (
    <svg class="swatch" width="26" height="10" aria-hidden="true">
      <line x1="1" y1="5" x2="25" y2="5" stroke={`var(${colour})`} stroke-width="2.5" stroke-dasharray={dash.join(' ')} />
    </svg>
  );
}
