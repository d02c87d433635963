// Loads the interface, and shows the error page when it cannot be loaded.

function fail(error) {
  document.getElementById('crash-detail').textContent = String(error);
  document.getElementById('crash').hidden = false;
}

document.getElementById('crash-reload').addEventListener('click', () => location.reload());

import('/roost-ui.js')
  .then((ui) => ui.default({ module_or_path: '/roost-ui_bg.wasm' }))
  .catch(fail);
