// Hides and shows the layers of a map when they are clicked in its legend (twice: that one alone, or all again).
// Each set of layers has a palette entry of its own in the map's image, so only its palette is written anew.
window.sdcLayers = (div) => {
  const layers = div.layout?.meta?.layers;
  if (!layers || !div.on) return;
  const source = div.layout.images[layers.image].source;
  const entries = div.data.flatMap((trace, curve) =>
    trace.meta?.layer === undefined ? [] : [{ curve, layer: trace.meta.layer }],
  );
  const hidden = new Set();
  const colourOf = (members) => {
    const seen = members.filter((layer) => !hidden.has(layer));
    // An empty list stands for overlaps too rare to be told apart.
    if (members.length === 0) return hidden.size === entries.length ? undefined : '#FFFFFF';
    return seen.length > 1 ? '#FFFFFF' : layers.colours[seen[0]];
  };
  function repaint() {
    const colours = layers.combos.map(colourOf);
    const curves = entries.map(({ curve }) => curve);
    const visible = entries.map(({ layer }) => (hidden.has(layer) ? 'legendonly' : true));
    const at = `images[${layers.image}].source`;
    window.Plotly.update(div, { visible }, { [at]: repainted(colours) }, curves);
  }
  /** The image with other colours in its palette. */
  function repainted(colours) {
    const channels = (colour) =>
      [1, 3, 5].map((i) => Number.parseInt((colour ?? '#000000').slice(i, i + 2), 16));
    const bytes = Uint8Array.from(atob(source.slice(source.indexOf(',') + 1)), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    for (let at = 8; at < bytes.length; ) {
      const size = view.getUint32(at);
      const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      if (type === 'PLTE' || type === 'tRNS') {
        const written = colours.flatMap(type === 'PLTE' ? channels : (colour) => (colour ? 255 : 0));
        bytes.set(written, at + 8 + (type === 'PLTE' ? 3 : 1));
        view.setUint32(at + 8 + size, crc32(bytes.subarray(at + 4, at + 8 + size)));
      }
      at += 12 + size;
    }
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return `data:image/png;base64,${btoa(text)}`;
  }
  function crc32(part) {
    let crc = -1;
    for (const byte of part) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
  }
  // Two quick clicks on different entries are two clicks.
  let [last, before] = [];
  div.on('plotly_legendclick', ({ curveNumber }) => {
    const layer = div.data[curveNumber].meta?.layer;
    [last, before] = [layer, last];
    if (layer !== undefined) {
      if (!hidden.delete(layer)) hidden.add(layer);
      repaint();
    }
    return false;
  });
  div.on('plotly_legenddoubleclick', ({ curveNumber }) => {
    const layer = div.data[curveNumber].meta?.layer;
    if (layer !== undefined && layer === before) {
      const isAlone = !hidden.has(layer) && hidden.size === entries.length - 1;
      hidden.clear();
      if (!isAlone) for (const entry of entries) if (entry.layer !== layer) hidden.add(entry.layer);
      repaint();
    }
    return false;
  });
};
