/** The two looks of every figure and page. */
export type ThemeName = 'light' | 'dark';

/** Colours of pages, text and lines in each theme. */
export const themes = {
  light: {
    paper: '#ffffff',
    raised: '#f6f7f9',
    text: '#1f2328',
    muted: '#5c6470',
    grid: '#e6e8eb',
    axis: '#b4bac2',
    accent: '#0b5cad',
  },
  dark: {
    paper: '#14171c',
    raised: '#1c2027',
    text: '#e8eaed',
    muted: '#a0a8b4',
    grid: '#2a2f37',
    axis: '#4d5561',
    accent: '#7db7f0',
  },
} as const;

/**
 * One colour a participant: the six chromatic colours of Okabe and Ito that are legible on white and on black,
 * then four chosen to be farthest from them, from grey and from white. Any two differ by ΔE ≥ 16 (CIE 1976) for
 * normal vision and for simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009).
 */
const participantPalette = [
  '#0072B2',
  '#E69F00',
  '#009E73',
  '#CC79A7',
  '#D55E00',
  '#56B4E9',
  '#9900FF',
  '#88CC77',
  '#CC0033',
  '#775577',
] as const;

/** Where several participants overlap on a map. */
export const overlapColour = '#FFFFFF';

/** Neutral marks that are legible in both themes: chance lines, thresholds. */
export const neutralColour = '#868d97';

/**
 * Colours of `n` participants, in participant order. Beyond ten the palette is repeated lighter and darker by
 * turns, and colour alone no longer tells participants apart.
 */
export function participantColours(n: number): string[] {
  return Array.from({ length: n }, (_, i) => {
    const colour = participantPalette[i % participantPalette.length]!;
    const round = Math.floor(i / participantPalette.length);
    return round === 0 ? colour : mix(colour, round % 2 ? '#FFFFFF' : '#000000', 0.35);
  });
}

/** Marker symbols that go with the colours, so that colour is never the only sign. */
export function participantSymbol(i: number): string {
  const symbols = [
    'circle',
    'square',
    'diamond',
    'triangle-up',
    'triangle-down',
    'pentagon',
    'hexagon',
    'star',
    'cross',
    'x',
  ];
  return symbols[i % symbols.length]!;
}

/** Linear mix of two #RRGGBB colours, `amount` of the second. */
export function mix(first: string, second: string, amount: number): string {
  const a = rgbOf(first);
  const b = rgbOf(second);
  return hexOf(a.map((channel, i) => Math.round(channel + (b[i]! - channel) * amount)));
}

/** Channels 0–255 of a #RRGGBB colour. */
export function rgbOf(hex: string): [number, number, number] {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

export function hexOf(rgb: readonly number[]): string {
  return (
    '#' +
    rgb
      .map((channel) => channel.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()
  );
}

/** A #RRGGBB colour with an opacity, as CSS. */
export function withAlpha(hex: string, alpha: number): string {
  return `rgba(${rgbOf(hex).join(',')},${alpha})`;
}

type ColourStops = readonly string[];

/** From nothing to most: one hue, lightness steadily away from the page. */
export const sequentialStops: Record<ThemeName, ColourStops> = {
  light: ['#F3F6FA', '#C5DAEC', '#86B4D8', '#4788BB', '#1B5C96', '#0A3466'],
  dark: ['#1B2027', '#1F3A57', '#2A5F8F', '#4A8DC0', '#8ABBE0', '#DCEBF7'],
};

/** Below zero blue, above zero orange, zero the page's own colour; told apart by every kind of colour vision. */
export const divergingStops: Record<ThemeName, ColourStops> = {
  light: ['#123F73', '#3F7AB3', '#9DC1E0', '#F5F5F3', '#EDBE92', '#C9782F', '#7A3D08'],
  dark: ['#B5D6F2', '#5F9BD0', '#2B5480', '#1F242B', '#7D4B1E', '#CF8240', '#F7D2AC'],
};

/** Stops as a Plotly colour scale. */
export function colourScale(stops: ColourStops): [number, string][] {
  return stops.map((colour, i) => [i / (stops.length - 1), colour]);
}

/** Colour of `t` in [0, 1] on a list of stops. */
export function colourAt(stops: ColourStops, t: number): string {
  const place = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(place), stops.length - 2);
  return mix(stops[i]!, stops[i + 1]!, place - i);
}

export const fontFamily = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

/**
 * The Plotly template of a theme. Everything that depends on the theme is in it, so that a page turns a figure
 * dark by giving it another template.
 */
export function template(theme: ThemeName, font = 13, scale = 1): Record<string, unknown> {
  const colours = themes[theme];
  const px = (length: number) => Math.round(length * scale * 10) / 10;
  const axis = {
    gridcolor: colours.grid,
    linecolor: colours.axis,
    zerolinecolor: colours.grid,
    gridwidth: px(1),
    zerolinewidth: px(1),
    tickcolor: colours.axis,
    ticklen: px(4),
    tickfont: { color: colours.muted },
    title: { standoff: px(10), font: { color: colours.text, size: font } },
    automargin: true,
  };
  const colorbar = {
    thickness: px(12),
    outlinewidth: 0,
    ticklen: px(3),
    tickcolor: colours.axis,
    tickfont: { color: colours.muted, size: font * 0.92 },
    title: { side: 'top', font: { size: font * 0.92 } },
  };
  const heat = { colorbar, xgap: px(1), ygap: px(1), hoverongaps: false };
  return {
    layout: {
      paper_bgcolor: colours.paper,
      plot_bgcolor: colours.paper,
      font: { family: fontFamily, size: font, color: colours.text },
      title: {
        x: 0,
        xref: 'container',
        xanchor: 'left',
        y: 1,
        yref: 'container',
        yanchor: 'top',
        pad: { t: px(14), l: px(14) },
        font: { size: font * 1.2, weight: 600 },
        subtitle: { font: { size: font * 0.95, color: colours.muted } },
      },
      colorway: participantColours(10),
      colorscale: {
        sequential: colourScale(sequentialStops[theme]),
        sequentialminus: colourScale([...sequentialStops[theme]].reverse()),
        diverging: colourScale(divergingStops[theme]),
      },
      coloraxis: { colorbar },
      xaxis: { ...axis, showgrid: false, ticks: 'outside', showline: true, zeroline: false },
      yaxis: { ...axis, zeroline: false },
      legend: {
        bgcolor: 'rgba(0,0,0,0)',
        font: { size: font * 0.95 },
        title: { font: { size: font * 0.95, color: colours.muted } },
        tracegroupgap: px(6),
      },
      hoverlabel: {
        bgcolor: colours.raised,
        bordercolor: colours.axis,
        font: { family: fontFamily, size: Math.max(11, font), color: colours.text },
        align: 'left',
      },
      annotationdefaults: { font: { color: colours.muted, size: font * 0.95 }, arrowcolor: colours.muted },
      shapedefaults: { line: { color: neutralColour, width: px(1.2) } },
      hovermode: 'closest',
      dragmode: 'zoom',
      scene: {
        xaxis: { visible: false },
        yaxis: { visible: false },
        zaxis: { visible: false },
      },
    },
    data: {
      heatmap: [heat],
      scatter: [{ line: { width: px(2) }, marker: { size: px(6) } }],
      bar: [{ marker: { line: { width: 0 } } }],
    },
  };
}
