// Draws the charts. Everything else on the page works without it; the data are in the element "data".
(() => {
  'use strict';

  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

  // Formatting numbers -----------------------------------------------------------------------------------------------

  const count = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
  const precise = new Intl.NumberFormat('en-US', {maximumSignificantDigits: 3});

  function lengthText(ms) {
    if (ms < second) return `${precise.format(ms)} ms`;
    if (ms < minute) return `${precise.format(ms / second)} s`;
    if (ms < hour) return `${precise.format(ms / minute)} min`;
    return ms < day ? `${precise.format(ms / hour)} h` : `${precise.format(ms / day)} d`;
  }

  const eachText = (ms) => `in each ${lengthText(ms).replace(/^1 /, '')}`;

  const twoDigits = (n) => String(Math.floor(n)).padStart(2, '0');

  // How to label times in a run of this length, counted from its start.
  function clock(length) {
    if (length <= 2 * second) return {unit: 'ms', text: (t) => count.format(t)};
    if (length <= 2 * minute) return {unit: 's', text: (t) => precise.format(t / second)};
    if (length <= 2 * hour) return {unit: 'min:s', text: (t) => `${Math.floor(t / minute)}:${twoDigits((t % minute) / second)}`};
    if (length <= 2 * day) return {unit: 'h:min', text: (t) => `${Math.floor(t / hour)}:${twoDigits((t % hour) / minute)}`};
    return {unit: 'days', text: (t) => precise.format(t / day)};
  }

  function roundStep(length, steps) {
    const parts = [1, 2, 5, 10, 20, 50, 100, 200, 500];
    const units = [...parts, ...[1, 2, 5, 10, 15, 30].map((n) => n * second), ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
      ...[1, 2, 3, 6, 12].map((n) => n * hour), ...parts.map((n) => n * day)];
    return units.find((unit) => length / unit <= steps) ?? 1000 * day;
  }

  // Time -------------------------------------------------------------------------------------------------------------

  const width = data.width_ms;
  const buckets = data.latency.p50.length;
  const end = Math.max(data.length_ms, (buckets - 1) * width + 1);
  const time = clock(end);
  const middle = (i) => (i + 0.5) * width;

  // Appearance -------------------------------------------------------------------------------------------------------

  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

  // The same patterns as in the bar of outcomes, so that nothing depends on seeing colours.
  const patterns = {
    rejected: (c) => { c.moveTo(-2, 8); c.lineTo(8, -2); c.moveTo(6, 10); c.lineTo(10, 6); },
    failed: (c) => { c.moveTo(-2, 0); c.lineTo(8, 10); c.moveTo(6, -2); c.lineTo(10, 2); },
    unknown: (c) => { c.moveTo(2, 3); c.lineTo(4, 3); c.moveTo(6, 7); c.lineTo(8, 7); },
    invalid: (c) => { c.moveTo(0, 4); c.lineTo(8, 4); },
  };

  function fill(name) {
    if (!patterns[name]) return colour(name);
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const c = tile.getContext('2d');
    c.fillStyle = colour(name);
    c.fillRect(0, 0, 8, 8);
    c.strokeStyle = colour('hatch');
    c.lineWidth = 1.5;
    patterns[name](c);
    c.stroke();
    return c.createPattern(tile, 'repeat');
  }

  // Scales, and what charts share ------------------------------------------------------------------------------------

  const grid = () => ({color: colour('line'), borderColor: colour('line'), tickColor: 'transparent'});
  const title = (text) => ({display: true, text, align: 'end', padding: 0});

  const timeScale = () => ({
    type: 'linear', min: 0, max: end, stacked: true, offset: false, grid: {...grid(), display: false, borderColor: colour('line')},
    title: title(`since the start, ${time.unit}`),
    afterBuildTicks(scale) {
      const step = roundStep(end, Math.max(2, scale.width / 90));
      scale.ticks = Array.from({length: Math.floor(end / step) + 1}, (_, i) => ({value: i * step}));
    },
    ticks: {autoSkip: false, maxRotation: 0, callback: (t) => time.text(t)},
  });

  const countScale = (whole) => ({
    type: 'linear', beginAtZero: true, stacked: true, grace: '4%', grid: {...grid(), drawBorder: false},
    ticks: {precision: whole ? 0 : undefined, maxTicksLimit: 6, callback: (n) => n.toLocaleString('en-US')},
  });

  // 1, 2 and 5 times the powers of ten, from the last below `low` to the first above `high`.
  function roundValues(low, high) {
    const values = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
      values.push(...[1, 2, 5].map((n) => Number(`${n}e${power}`)));
    }
    const first = values.findLastIndex((v) => v < low);
    const last = values.findIndex((v) => v > high);
    return values.slice(Math.max(first, 0), last < 0 ? undefined : last + 1);
  }

  function latencyScale() {
    const all = Object.values(data.latency).flat().filter((ms) => ms !== null).map((ms) => Math.max(ms, 1e-3));
    const values = roundValues(Math.min(...all) * 0.95, Math.max(...all) * 1.05);
    const shown = values.length > 8 ? values.filter((v) => Number.isInteger(Math.log10(v))) : values;
    return {
      type: 'logarithmic', min: values[0], max: values.at(-1), grid: {...grid(), drawBorder: false},
      afterBuildTicks(scale) { scale.ticks = shown.map((value) => ({value})); },
      ticks: {autoSkip: false, callback: lengthText},
    };
  }

  const tooltip = () => ({
    backgroundColor: colour('ink'), titleColor: colour('page'), bodyColor: colour('page'), padding: 10, cornerRadius: 6,
    boxPadding: 5, usePointStyle: false, itemSort: (a, b) => b.datasetIndex - a.datasetIndex,
  });

  const stretch = (long) => (items) => {
    const from = items[0].dataIndex * long;
    return `${time.text(from)} to ${time.text(from + long)} ${time.unit}`;
  };

  const legend = () => ({
    display: true, position: 'top', align: 'start',
    labels: {boxWidth: 14, boxHeight: 10, padding: 14, color: colour('ink')},
  });

  function options(x, y, more) {
    return {
      responsive: true, maintainAspectRatio: false, animation: false, normalized: true, parsing: false,
      interaction: {mode: 'index', intersect: false}, scales: {x, y},
      plugins: {legend: legend(), tooltip: {...tooltip(), ...more.tooltip}},
      layout: {padding: {top: more.top ?? 0, right: 2}},
    };
  }

  // Marks where a run was resumed.
  const resumptions = {
    id: 'resumptions',
    beforeDatasetsDraw(chart) {
      const {ctx, chartArea: area, scales: {x}} = chart;
      for (const start of data.segments_ms.slice(1)) {
        const at = Math.round(x.getPixelForValue(start)) + 0.5;
        line(ctx, at, area.top, area.bottom, 'quiet');
        label(chart, 'resumed', at + 4, area.top + 9);
      }
    },
  };

  function line(ctx, x, top, bottom, name) {
    ctx.save();
    ctx.strokeStyle = colour(name);
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.restore();
  }

  // To the right of `x`, or to its left if there is no room.
  function label({ctx, width: room}, text, x, y) {
    ctx.save();
    ctx.fillStyle = colour('ink');
    ctx.font = `12px ${Chart.defaults.font.family}`;
    const fits = x + ctx.measureText(text).width <= room;
    ctx.textAlign = fits ? 'left' : 'right';
    ctx.textBaseline = 'middle';
    ctx.fillText(text, fits ? x : x - 8, y);
    ctx.restore();
  }

  // The charts -------------------------------------------------------------------------------------------------------

  // Merges neighbours so that at most `most` remain.
  function joined(counts, factor) {
    const sums = new Array(Math.ceil(counts.length / factor)).fill(0);
    counts.forEach((n, i) => { sums[Math.floor(i / factor)] += n; });
    return sums;
  }

  // Bars of the counts in each interval; `names`: the series, with their labels and fills.
  function stacked(series, names, unit, most) {
    const factor = Math.ceil(buckets / most);
    const long = width * factor;
    // Short intervals contain too few operations for a rate to be meaningful, so their counts are shown as they are.
    const perSecond = long >= second;
    const scaled = (n) => (perSecond ? (n * second) / long : n);
    const datasets = names.filter(([name]) => series[name]).map(([name, text, look]) => ({
      label: text, data: joined(series[name], factor).map((n, i) => ({x: (i + 0.5) * long, y: n === 0 ? NaN : scaled(n), n})),
      backgroundColor: fill(look), barPercentage: 1, categoryPercentage: 1, grouped: false,
    }));
    const label = (item) => {
      const rate = perSecond ? ` (${precise.format(item.raw.y)} /s)` : '';
      return ` ${item.dataset.label}: ${count.format(item.raw.n)}${rate}`;
    };
    return {
      type: 'bar', data: {datasets}, plugins: [resumptions],
      options: options(timeScale(), countScale(!perSecond),
        {tooltip: {callbacks: {title: stretch(long), label}, filter: (item) => item.raw.n > 0}}),
      caption: `${unit} ${perSecond ? 'a second' : eachText(long)}`,
      perSecond,
    };
  }

  // The limit that the service was found to have, as steps over bars that are rates.
  function limitSteps() {
    const steps = data.limits.map(([at, limit]) => ({x: at, y: limit === 0 ? NaN : limit}));
    return {
      type: 'line', label: 'limit found, requests a second', stack: 'limit', stepped: true, spanGaps: false,
      data: [...steps, {x: end, y: steps.at(-1).y}], pointRadius: 0, borderColor: colour('ink'), borderWidth: 1.5,
      backgroundColor: 'transparent',
    };
  }

  const charts = {
    throughput() {
      const names = ['succeeded', 'rejected', 'failed', 'unknown', 'invalid', 'unchanged', 'skipped'].map((name) => [name, name, name]);
      const chart = stacked(data.finished, names, 'finished', 150);
      if (chart.perSecond && data.limits.length !== 0) chart.data.datasets.unshift(limitSteps());
      return chart;
    },

    repeats() {
      const names = [['throttled', 'throttled (429, 503)', 'unknown'], ['refused', 'other answers', 'rejected'],
        ['silent', 'no answer', 'failed']];
      return stacked(data.repeated, names, 'repeated attempts', 60);
    },

    latency() {
      const look = {p50: ['half within', []], p90: ['90% within', [6, 3]], p99: ['99% within', [2, 2]]};
      const datasets = Object.entries(look).map(([name, [text, dash]]) => ({
        label: text, data: data.latency[name].map((y, i) => ({x: middle(i), y: y === null ? NaN : y})),
        borderColor: colour(name), backgroundColor: colour(name), borderDash: dash, borderWidth: 2, pointHitRadius: 8,
        // A value between two empty intervals would have no line, and be invisible.
        pointRadius: data.latency[name].map((y, i, all) => (y !== null && (all[i - 1] ?? null) === null && (all[i + 1] ?? null) === null ? 3 : 0)),
      }));
      const callbacks = {title: stretch(width), label: (item) => ` ${item.dataset.label} ${lengthText(item.raw.y)}`};
      const made = options({...timeScale(), stacked: false}, latencyScale(), {tooltip: {callbacks}});
      // By default, the keys are not dashed like the lines.
      const keys = () => datasets.map(({label, borderColor, borderDash}, datasetIndex) => (
        {text: label, strokeStyle: borderColor, fontColor: colour('ink'), lineDash: borderDash, lineWidth: 2, pointStyle: 'line', datasetIndex}));
      made.plugins.legend.labels = {...made.plugins.legend.labels, usePointStyle: true, boxWidth: 30, generateLabels: keys};
      made.plugins.legend.onClick = null;
      return {
        type: 'line', data: {datasets}, options: made, plugins: [resumptions],
        caption: `of the last attempt, from its first byte sent to its answer read; of the operations finished ${eachText(width)}`,
      };
    },

    distribution() {
      const all = data.distribution.counts.reduce((sum, n) => sum + n, 0);
      // A few bars, which would all look alike, get some space around them.
      const room = Math.max(0, Math.ceil((8 - data.distribution.counts.length) / 2));
      const first = data.distribution.first - room;
      const counts = [...new Array(room).fill(0), ...data.distribution.counts, ...new Array(room).fill(0)];
      const low = (i) => 10 ** ((first + i) / 10);
      const datasets = [{
        data: counts.map((n, i) => ({x: first + i + 0.5, y: n === 0 ? NaN : n})), backgroundColor: colour('p50'),
        barPercentage: 0.92, categoryPercentage: 1,
      }];
      // There are ten bins per decade: those that begin at 1, about 2 and about 5 are labelled.
      const round = (v) => Math.round(10 ** (v / 10) / 10 ** Math.floor(v / 10)) * 10 ** Math.floor(v / 10);
      const shown = counts.length > 28 ? [0] : [0, 3, 7];
      const x = {
        type: 'linear', min: first, max: first + counts.length, offset: false, grid: {...grid(), display: false},
        ticks: {stepSize: 1, autoSkip: false, maxRotation: 0, callback: (v) => (shown.includes(((v % 10) + 10) % 10) ? lengthText(round(v)) : null)},
      };
      const callbacks = {
        title: (items) => `${lengthText(low(items[0].dataIndex))} to ${lengthText(low(items[0].dataIndex + 1))}`,
        label: (item) => ` ${count.format(item.raw.y)} (${precise.format((100 * item.raw.y) / all)}%)`,
      };
      const made = options(x, {...countScale(true), stacked: false},
        {tooltip: {callbacks, displayColors: false}, top: 48});
      made.plugins.legend.display = false;
      return {type: 'bar', data: {datasets}, options: made, plugins: [percentiles]};
    },
  };

  const percentiles = {
    id: 'percentiles',
    afterDatasetsDraw(chart) {
      const {ctx, chartArea: area, scales: {x}} = chart;
      [['p50', '50%'], ['p90', '90%'], ['p99', '99%']].forEach(([name, text], row) => {
        const at = Math.round(x.getPixelForValue(10 * Math.log10(Math.max(data.distribution[name], 1e-3)))) + 0.5;
        const y = area.top - 40 + row * 14;
        line(ctx, at, y - 5, area.bottom, 'quiet');
        label(chart, `${text} ${lengthText(data.distribution[name])}`, at + 4, y);
      });
    },
  };

  // Drawing ----------------------------------------------------------------------------------------------------------

  // The page itself is grey, so only data are coloured on a canvas.
  function showsData(canvas) {
    const {data: pixels} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < pixels.length; i += 4) {
      const [r, g, b, a] = [pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3]];
      if (a > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 40) return true;
    }
    return false;
  }

  let drawn = [];

  function draw() {
    for (const chart of drawn) chart.destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    Chart.defaults.color = colour('quiet');
    Chart.defaults.devicePixelRatio = Math.max(2, window.devicePixelRatio);
    drawn = [...document.querySelectorAll('canvas[data-chart]')].map((canvas) => {
      const {caption, ...config} = charts[canvas.dataset.chart]();
      const text = document.querySelector(`[data-caption="${canvas.dataset.chart}"]`);
      if (text && caption) text.textContent = caption;
      return new Chart(canvas, config);
    });
  }

  draw();
  // For programs that inspect the page: "4 of 4".
  root.dataset.charts = `${drawn.filter((chart) => showsData(chart.canvas)).length} of ${drawn.length}`;

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  // Paper is white.
  const paper = (on) => { root.toggleAttribute('data-paper', on); draw(); };
  addEventListener('beforeprint', () => paper(true));
  addEventListener('afterprint', () => paper(false));
})();
