import type { ReactNode } from 'react';
import { type ChartData, chartWords, summarizeSeries, tableRows } from './chart-data.ts';
import { UplotChart } from './uplot-chart.tsx';

/** Rows of a chart's table. */
const shownRows = 40;

/** A chart with its numbers: the last value beside each line's name, and the same points as a table. */
export function Chart({ data, note }: { readonly data: ChartData; readonly note?: ReactNode }): ReactNode {
  const hasSamples = data.series.some((series) => series.role === 'main' && summarizeSeries(series));
  return (
    <figure className="chart" data-chart={data.title}>
      <figcaption>
        <b>{data.title}</b>
        <span className="visually-hidden">{chartWords(data)}</span>
        <span className="chart-legend" aria-hidden="true">
          {data.series.map((series) => {
            const now = summarizeSeries(series)?.now;
            return (
              <span key={series.name} className={`chart-key chart-${series.role}`}>
                {series.name} {now === undefined ? '' : data.format(now)}
              </span>
            );
          })}
        </span>
      </figcaption>
      {hasSamples ? <UplotChart data={data} /> : <p className="muted">No samples yet.</p>}
      {note && <p className="muted chart-note">{note}</p>}
      {hasSamples && <Numbers data={data} />}
    </figure>
  );
}

function Numbers({ data }: { readonly data: ChartData }): ReactNode {
  return (
    <details className="chart-numbers">
      <summary>Numbers</summary>
      <table className="grid">
        <caption className="visually-hidden">{data.title}, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {data.series.map(({ name }) => (
              <th scope="col" key={name} className="num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tableRows(data, shownRows).map(({ at, values }) => (
            <tr key={at}>
              <th scope="row">{new Date(at * 1000).toLocaleTimeString()}</th>
              {data.series.map(({ name }, index) => (
                <td key={name} className="num">
                  {values[index] === null || values[index] === undefined ? '–' : data.format(values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
