/// How the reference page looks: one style sheet, in the page, by whose hash the browser allows it.
enum ReferenceStyle {
    static let css = """
        :root {
          --ink: #1c2430; --soft: #5b6676; --line: #dde2e9; --paper: #fff; --tint: #f5f7fa;
          --link: #0b5cad; --get: #0b6e4f; --post: #8a3ffc; --delete: #b3261e;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e6eaf0; --soft: #9aa6b6; --line: #2e3744; --paper: #12171e;
            --tint: #1b222c; --link: #7db7ff; --get: #5fd3a8; --post: #c4a1ff;
            --delete: #ff8f86;
          }
        }
        * { box-sizing: border-box; }
        html { scroll-padding-top: 1rem; }
        body {
          margin: 0; color: var(--ink); background: var(--paper);
          font: 16px/1.55 system-ui, sans-serif;
        }
        a { color: var(--link); text-decoration: none; }
        a:hover, a:focus { text-decoration: underline; }
        nav { padding: 1.5rem; background: var(--tint); border-bottom: 1px solid var(--line); }
        nav h2 {
          margin: 1.25rem 0 .25rem; font-size: .8rem; letter-spacing: .06em;
          text-transform: uppercase; color: var(--soft);
        }
        nav ul { margin: 0; padding: 0; list-style: none; }
        nav li { margin: .15rem 0; }
        nav .wide { display: none; }
        main { max-width: 62rem; padding: 1.5rem; }
        section { margin-top: 3rem; }
        article { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
        h1 { margin-top: 0; font-size: 2rem; line-height: 1.2; }
        h2 { font-size: 1.5rem; }
        h3 { margin-bottom: .25rem; font-size: 1.2rem; }
        h4 { margin: 1.5rem 0 .35rem; font-size: 1rem; }
        .line {
          margin: 0 0 .75rem; font-family: ui-monospace, monospace; font-size: .95rem;
          overflow-wrap: break-word;
        }
        .method { font-weight: 700; }
        .GET { color: var(--get); } .POST { color: var(--post); } .DELETE { color: var(--delete); }
        .soft { color: var(--soft); }
        code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
        code {
          padding: .1em .3em; background: var(--tint); border-radius: 4px;
          overflow-wrap: break-word;
        }
        pre {
          margin: .35rem 0 1rem; padding: .85rem 1rem; overflow-x: auto;
          background: var(--tint); border: 1px solid var(--line); border-radius: 6px;
        }
        pre code { padding: 0; background: none; overflow-wrap: normal; }
        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .925rem; }
        th, td {
          padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line);
          text-align: left; vertical-align: top;
        }
        th { color: var(--soft); font-weight: 600; }
        details { margin: .5rem 0; }
        summary { cursor: pointer; }
        summary strong { display: inline-block; min-width: 3.5rem; }
        figure { margin: .5rem 0; }
        figcaption { color: var(--soft); font-size: .9rem; }
        @media (min-width: 62rem) {
          body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
          nav {
            position: sticky; top: 0; height: 100vh; overflow-y: auto; border: 0;
            border-right: 1px solid var(--line);
          }
          nav .wide { display: block; }
          nav .narrow { display: none; }
          main { padding: 2.5rem 3rem; }
        }
        @media print { nav { display: none; } details > * { display: block; } }
        """
}
