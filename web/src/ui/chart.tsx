// One of the charts: a figure over time, a line for each generation, marks across it.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Mark } from '../types';
import { colourNow, lookOf } from './lines';
import { MARK_LOOKS } from './marks';

export interface ChartLine {
  generation: number;
  label: string;
  values: (number | null)[];
  faint?: boolean; // beside the one that counts
  filled?: boolean;
}

interface Props {
  title: string;
  summary: string; // for those who cannot see it
  at: number[];
  lines: ChartLine[];
  marks: Mark[];
  unit: (value: number) => string;
  least: number; // the scale ends no lower
  height: number;
  showsTime: boolean;
  showsMarks: boolean;
  scheme: string; // "light", "dark": drawn anew when it changes
  onCursor: (index: number | null) => void;
}

const SYNC = 'livefix';

function drawMarks(plot: uPlot, marks: Mark[], labels: boolean) {
  const { ctx, bbox } = plot;
  ctx.save();
  const ratio = devicePixelRatio;
  ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  let free = -Infinity; // where a label may begin
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at / 1000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const look = MARK_LOOKS[mark.kind];
    const colour = colourNow(look.colour);
    ctx.strokeStyle = colour;
    ctx.lineWidth = ratio * (look.strong ? 1.5 : 1);
    ctx.setLineDash(look.strong ? [] : [3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (!labels) continue;
    ctx.fillStyle = colour;
    const text = x > free && look.strong ? `${look.sign} ${mark.text}` : look.sign;
    const width = ctx.measureText(text).width;
    const fitsRight = x + width + 6 * ratio < bbox.left + bbox.width;
    ctx.textAlign = fitsRight ? 'left' : 'right';
    const left = fitsRight ? x + 4 * ratio : x - 4 * ratio;
    if (x > free || !look.strong) ctx.fillText(text, left, bbox.top + (look.strong ? 2 : 16) * ratio);
    if (look.strong) free = left + width + 8 * ratio;
  }
  ctx.restore();
}

function optionsOf(props: Props, width: number, marks: () => Mark[], onCursor: Props['onCursor']): uPlot.Options {
  const ink = colourNow('--muted');
  const grid = { stroke: colourNow('--grid'), width: 1 };
  const axis = { stroke: ink, grid, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  return {
    width,
    height: props.height,
    padding: [8, 8, props.showsTime ? 0 : 4, 0],
    legend: { show: false },
    cursor: { sync: { key: SYNC, setSeries: false }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: { range: (_plot, _min, max) => [0, Math.max(props.least, (max ?? 0) * 1.12)] },
    },
    axes: [
      props.showsTime
        ? { ...axis, size: 26, space: 70, values: (_plot, all) => all.map((at) => hourOf(at)) }
        : { ...axis, show: true, size: 0, values: () => [] },
      {
        ...axis,
        size: 58,
        space: 28,
        values: (_plot, all) => all.map((value) => props.unit(value)),
      },
    ],
    series: [
      {},
      ...props.lines.map((line): uPlot.Series => {
        const look = lookOf(line.generation);
        const colour = colourNow(look.colour);
        return {
          label: line.label,
          stroke: line.faint ? `${colour}66` : colour,
          width: line.faint ? 1 : 2,
          dash: look.dash,
          points: { show: false },
          ...(line.filled ? { fill: `${colour}22` } : {}),
          spanGaps: false,
        };
      }),
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, marks(), props.showsMarks)],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
    },
  };
}

function hourOf(at: number): string {
  const time = new Date(at * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = time.getSeconds();
  return `${two(time.getHours())}:${two(time.getMinutes())}${seconds ? `:${two(seconds)}` : ''}`;
}

export function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = props.lines.map((line) => `${line.generation}${line.faint ? 'f' : ''}`).join(' ');
  const data = (): uPlot.AlignedData => [
    latest.current.at,
    ...latest.current.lines.map((line) => line.values),
  ];

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(
      optionsOf(latest.current, element.clientWidth, () => latest.current.marks, (index) => latest.current.onCursor(index)),
      data(),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: props.height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, props.scheme, props.height]);

  useEffect(() => {
    plot.current?.setData(data());
  }, [props.at, props.lines, props.marks]);

  return (
    <figure class="chart">
      <figcaption>{props.title}</figcaption>
      <div ref={place} role="img" aria-label={`${props.title}: ${props.summary}`} />
    </figure>
  );
}
