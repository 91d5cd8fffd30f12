'use strict';
const said = document.getElementById('said');
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const block = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(block.textContent);
      said.textContent = 'Copied.';
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(block);
      said.textContent = 'Selected: copy it with the keyboard.';
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
}
