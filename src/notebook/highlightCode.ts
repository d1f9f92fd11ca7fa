import { escapeHtml } from '../plot/html.js';

const token =
  /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\b(as|async|await|break|class|const|continue|default|else|export|false|for|from|function|if|import|in|instanceof|interface|let|new|null|of|return|switch|throw|true|try|catch|finally|type|typeof|undefined|var|void|while)\b|\b(\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b/g;
const classes = ['comment', 'string', 'keyword', 'number'];

/** TypeScript as HTML with its comments, strings, keywords and numbers marked by class. */
export function highlightCode(code: string): string {
  let html = '';
  let end = 0;
  for (const match of code.matchAll(token)) {
    const kind = classes[match.slice(1).findIndex((group) => group !== undefined)];
    html += `${escapeHtml(code.slice(end, match.index))}<span class="${kind}">${escapeHtml(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return html + escapeHtml(code.slice(end));
}
