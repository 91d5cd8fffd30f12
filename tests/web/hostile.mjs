// Prints a log in which all that a sender can write tries to be more than text.
const payloads = [
  '</script><script>window.broken = 1</script>',
  '"><img src=x onerror="window.broken = 1">',
  "' onfocus='window.broken = 1' autofocus x='",
  'javascript:window.broken=1',
  '</title></style></textarea></svg><svg onload=window.broken=1>',
  '<!--<iframe src="https://elsewhere.example/"></iframe>',
  '<base href="https://elsewhere.example/"><meta http-equiv="refresh" content="0;url=https://elsewhere.example/">',
  '<link rel=stylesheet href=//elsewhere.example/x.css>{{constructor.constructor("window.broken=1")()}}',
  '\u202egnp.exe\u202c \u2066\u200f\u061c',
  'nul\u0000 bell\u0007 escape\u001b[2J line\u2028end',
  'שלום مرحبا',
  'x'.repeat(10 * 1024),
  '&lt;b&gt; &amp;amp; ]]> \\u003cscript\\u003e',
];
payloads.forEach((payload, at) => {
  for (let call = 0; call < 25; call += 1) {
    const second = String(call).padStart(2, '0');
    console.log(JSON.stringify({
      '@timestamp': `2026-03-04T05:${String(10 + at).padStart(2, '0')}:${second}.000Z`,
      data_stream: { dataset: 'azure.aadgraphactivitylogs' },
      http: { request: { id: `${at}-${call}-${payload}` }, response: { status_code: call % 3 ? 403 : 200 } },
      url: { path: `/${payload}/users/${call}/${payload}` },
      user: { id: payload.slice(0, 900) },
      source: { ip: '198.51.100.7', as: { number: 64500, organization: { name: payload.slice(0, 900) } } },
      user_agent: { original: call % 2 ? payload.slice(0, 1024) : payload },
      azure: {
        tenant_id: payload.slice(0, 900),
        aadgraphactivitylogs: {
          properties: {
            app_id: payload.slice(0, 900),
            api_version: payload.slice(0, 900),
            session_id: payload.slice(0, 900),
            sign_in_activity_id: payload.slice(0, 900),
          },
        },
      },
    }));
  }
});
console.log(`${payloads[0]} no JSON`);
