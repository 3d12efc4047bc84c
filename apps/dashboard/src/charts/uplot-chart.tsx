import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useShownTheme } from '../state/theme.ts';
import { useWidth } from '../view/node-tiles.tsx';
import { type ChartData, chartTop } from './chart-data.ts';

const height = 128;

/** The lines of a chart on a canvas. What it shows is beside it in words and numbers: to assistive technology it is nothing. */
export function UplotChart({ data }: { readonly data: ChartData }): ReactNode {
  const [box, width] = useWidth();
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(data);
  latest.current = data;
  const theme = useShownTheme();
  const shape = data.series.map(({ name, role }) => `${role} ${name}`).join('|');
  useEffect(() => {
    const element = box.current;
    // Colours are read from the theme, so that another theme needs another plot.
    if (!element || width === 0 || !theme || !shape) return;
    const made = new uPlot(options(latest, width, element), columns(latest.current), element);
    plot.current = made;
    return () => {
      plot.current = undefined;
      made.destroy();
    };
  }, [box, width, theme, shape]);
  useEffect(() => {
    plot.current?.setData(columns(data));
  }, [data]);
  return <div ref={box} className="chart-canvas" aria-hidden="true" style={{ height }} />;
}

function columns({ times, series }: ChartData): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

function options(latest: { readonly current: ChartData }, width: number, element: HTMLElement): uPlot.Options {
  const [text, line] = [colorOf(element, '--muted'), colorOf(element, '--line')];
  const axis = { stroke: text, font: '11px sans-serif', grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: false, y: false } },
    scales: { y: { range: () => [0, chartTop(latest.current.series)] } },
    axes: [
      { ...axis, size: 22 },
      {
        ...axis,
        size: 54,
        values: (_plot, ticks) => ticks.map((tick) => latest.current.format(tick)),
      },
    ],
    series: [
      {},
      ...latest.current.series.map(({ name, role, isStepped }) => ({
        label: name,
        stroke: colorOf(element, roleColors[role]),
        width: role === 'main' ? 2 : 1.4,
        points: { show: false },
        ...(role === 'request' || role === 'limit' ? { dash: role === 'limit' ? [7, 4] : [2, 3] } : {}),
        ...(isStepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      })),
    ],
  };
}

const roleColors = { main: '--accent', second: '--memory', request: '--muted', limit: '--bad' };

/** A custom property as the colour that it is in the present theme: a canvas knows no `light-dark()`. */
function colorOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
