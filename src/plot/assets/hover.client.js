// Shows the picture of a hovered point beside it, for traces that carry pictures.
window.sdcHover = (div) => {
  if (!div.on) return;
  const box = document.createElement('img');
  box.alt = '';
  box.style.cssText =
    'position:absolute;width:112px;height:112px;object-fit:contain;background:#fff;border:1px solid #8886;border-radius:6px;pointer-events:none;display:none;z-index:10';
  div.style.position = 'relative';
  div.append(box);
  div.on('plotly_hover', ({ points, event }) => {
    const source = points[0].data.meta?.pictures?.[points[0].pointNumber];
    if (!source) return;
    const frame = div.getBoundingClientRect();
    const x = event.clientX - frame.left;
    const y = event.clientY - frame.top;
    box.src = source;
    box.style.left = `${x + 130 < frame.width ? x + 14 : x - 126}px`;
    box.style.top = `${Math.max(0, Math.min(frame.height - 114, y + 14))}px`;
    box.style.display = 'block';
  });
  div.on('plotly_unhover', () => {
    box.style.display = 'none';
  });
};
